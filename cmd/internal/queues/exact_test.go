package queues

import "testing"

func TestNumbersThatABrowserWouldRoundBecomeStrings(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{
		`{"connectionPlanId":3048571730026938368,"quantity":1000}`: `{"connectionPlanId":"3048571730026938368","quantity":1000}`,
		`[9007199254740993,-9007199254740993]`:                     `["9007199254740993","-9007199254740993"]`,
		`[999999999999999,0,-1,1.5,0.25]`:                          `[999999999999999,0,-1,1.5,0.25]`,
		`[1.0,1e3,1E-7,-0,0.0000001,0.1234567890123456]`:           `["1.0","1e3","1E-7","-0","0.0000001","0.1234567890123456"]`,
		`"3048571730026938368"`:                                    `"3048571730026938368"`,
		` {"a" : "<script>" , "b":null} `:                          `{"a":"<script>","b":null}`,
	} {
		if got := exact([]byte(given)); got != want {
			t.Errorf("%s is shown as %s, want %s", given, got, want)
		}
	}
}

func TestWhatOnlyABrowserTakesForJSONIsLeftAlone(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{
		`{"quantity":1,"quantity":3048571730026938368}`: `not strict JSON: {"quantity":1,"quantity":3048571730026938368}`,
		`{"quantity":1`: `not strict JSON: {"quantity":1`,
		`plain words`:   `not strict JSON: plain words`,
		"\xff\x00":      `not text: "\xff\x00"`,
		``:              ``,
	} {
		if got := exact([]byte(given)); got != want {
			t.Errorf("%q is shown as %q, want %q", given, got, want)
		}
	}
}

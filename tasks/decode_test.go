package tasks

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const contractExample = `{"reference":"crm-4711","kind":"add_recording_minutes","productNo":"3658B431119665QJ","quantity":1000,
 "plan":"Enterprise Plan","billingCycle":"annually","billingContact":"billing@example.com",
 "poNumber":"PO-88","account":"default","notBefore":"2026-12-01T00:00:00Z","labels":{"customer":"acme"}}`

func TestTheContractsExampleIsReadWhole(t *testing.T) {
	t.Parallel()
	got, err := Parse([]byte(contractExample))
	if err != nil {
		t.Fatal(err)
	}
	want := wish()
	want.NotBefore = time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)
	want.Labels = map[string]string{"customer": "acme"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestIdsKeepAllTheirDigitsAsStringOrNumber(t *testing.T) {
	t.Parallel()
	for _, raw := range []string{`9223372036854775807`, `"9223372036854775807"`, `" 9223372036854775807 "`} {
		in, err := Decode([]byte(`{"connectionPlanId":` + raw + `,"serviceId":` + raw + `,"billingId":` + raw + `}`))
		if err != nil {
			t.Fatal(err)
		}
		for _, got := range []string{in.ConnectionPlanID, in.ServiceID, in.BillingID} {
			if got != "9223372036854775807" {
				t.Errorf("%s was read as %q", raw, got)
			}
		}
	}
}

func TestWhatAnotherReaderMightReadDifferentlyIsRefused(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, in, want string }{
		{"an unknown key", `{"colour":"red"}`, `colour: unknown field; the fields are account, `},
		{"another case", `{"ProductNo":"3658B431119665QJ"}`, `ProductNo: unknown field, did you mean productNo?`},
		{"snake case", `{"product_no":"x"}`, `product_no: unknown field, did you mean productNo?`},
		{"a slip of the pen", `{"quantty":1}`, `quantty: unknown field, did you mean quantity?`},
		{"a repeated key", `{"quantity":1,"quantity":2}`, `quantity 2: is given twice; say it once`},
		{"a repeated key in escapes", `{"plan":"a","pl\u0061n":"b"}`, `plan "b": is given twice`},
		{"a repeated label", `{"labels":{"a":"1","a":"2"}}`, `labels.a 2: is given twice`},
		{"a fraction", `{"quantity":12.5}`, `quantity "12.5": must be a whole number from 1 to 1000000, e.g. 12`},
		{"a whole fraction", `{"quantity":12.0}`, `quantity "12.0": must be a whole number`},
		{"an ensure in quotes", `{"ensure":"50"}`, `ensure "'50'": must be a number without quotes`},
		{"an ensure of zero", `{"ensure":0}`, `ensure 0: must be a whole number from 1 to 1000000`},
		{"a repeated ensure", `{"ensure":1,"ensure":2}`, `ensure 2: is given twice; say it once`},
		{"an exponent", `{"quantity":1e3}`, `quantity "1e3": must be a whole number`},
		{"zero", `{"quantity":0}`, `quantity 0: must be a whole number from 1`},
		{"less than nothing", `{"quantity":-5}`, `quantity -5: must be a whole number from 1`},
		{"minus zero", `{"quantity":-0}`, `quantity -0: must be a whole number from 1`},
		{"too many", `{"quantity":1000001}`, `quantity 1000001: must be a whole number from 1 to 1000000`},
		{"far too many", `{"quantity":99999999999999999999999}`, `must be a whole number`},
		{"a number in quotes", `{"quantity":"12"}`, `must be a number without quotes, e.g. 12`},
		{"a word for a number", `{"quantity":"many"}`, `quantity "many": must be a whole number`},
		{"true for a number", `{"quantity":true}`, `quantity "true": must be a whole number`},
		{"null", `{"plan":null}`, `plan "null": must be a string; leave the field out`},
		{"null for a number", `{"quantity":null}`, `quantity "null": must be a whole number`},
		{"null labels", `{"labels":null}`, `labels "null": must be an object of strings`},
		{"a number for a string", `{"reference":4711}`, `reference 4711: must be a string, in quotes`},
		{"an object for a string", `{"plan":{"id":1}}`, `plan "{"id":1}": must be a string`},
		{"a label that is no string", `{"labels":{"n":1}}`, `labels.n 1: must be a string`},
		{"an id as a float", `{"serviceId":3.0485735e18}`, `serviceId "3.0485735e18": must be one of the portal's ids`},
		{"an id beyond 64 bits", `{"serviceId":9223372036854775808}`, `serviceId 9223372036854775808: must be one of`},
		{"an id below one", `{"billingId":0}`, `billingId 0: must be one of`},
		{"an id with a sign", `{"billingId":"+5"}`, `billingId "+5": must be one of`},
		{"an id with a leading zero", `{"billingId":"007"}`, `billingId 007: must be one of`},
		{"a boolean id", `{"billingId":true}`, `billingId "true": must be one of`},
		{"a NUL", `{"reference":"a\u0000b"}`, `reference "a\u0000b": contains a NUL character`},
		{"a raw NUL", "{\"reference\":\"a\x00b\"}", `is not valid JSON at byte`},
		{"invalid UTF-8", "{\"reference\":\"a\xffb\"}", `intent: is not valid UTF-8 at byte 15`},
		{"half a surrogate", `{"reference":"\ud800"}`, `intent: is not valid JSON at byte`},
		{"trailing data", `{"plan":"a"}{"plan":"b"}`, `intent: has something behind its closing brace, at byte 12`},
		{"trailing rubbish", `{} x`, `has something behind its closing brace`},
		{"two lines", "{}\n{}", `has something behind its closing brace`},
		{"no JSON", `reference=crm-4711`, `intent: is not valid JSON`},
		{"half an object", `{"plan":"a"`, `is not valid JSON`},
		{"a trailing comma", `{"plan":"a",}`, `is not valid JSON`},
		{"nothing", ``, `intent: is empty`},
		{"space", "  \n", `intent: is empty`},
		{"a list", `[{"plan":"a"}]`, `intent: must be a JSON object`},
		{"a string", `"x"`, `intent: must be a JSON object`},
		{"null alone", `null`, `intent: must be a JSON object`},
		{"a byte order mark", "\ufeff{}", `intent: is not valid JSON`},
		{"a time without its zone", `{"notBefore":"2026-12-01T00:00:00"}`, `notBefore "2026-12-01T00:00:00": must be a time with its zone`},
		{"a time with one digit", `{"notBefore":"2026-12-01T1:00:00Z"}`, `must be a time with its zone`},
		{"a decimal comma", `{"notBefore":"2026-12-01T01:00:00,5Z"}`, `must be a time with its zone`},
		{"a date", `{"notBefore":"2026-12-01"}`, `must be a time with its zone`},
		{"the zero time", `{"notBefore":"0001-01-01T00:00:00Z"}`, `must be a time with its zone`},
		{"a year that its zone makes five digits long", `{"notBefore":"9999-12-31T23:30:00-01:00"}`, `must be a time with its zone`},
		{"a year that its zone makes negative", `{"notBefore":"0000-01-01T00:00:00+01:00"}`, `must be a time with its zone`},
		{"seconds since 1970", `{"notBefore":1796083200}`, `notBefore 1796083200: must be a string`},
		{"too long", `{"plan":"` + strings.Repeat("x", MaxIntent) + `"}`, `at most 65536 are allowed`},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := Decode([]byte(c.in))
			if err == nil {
				t.Fatalf("%s was accepted", c.in)
			}
			if got := problems(t, err); !strings.Contains(got, c.want) {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
			if _, err := Parse([]byte(c.in)); err == nil {
				t.Error("Parse accepted it")
			}
			var in Intent
			if err := json.Unmarshal([]byte(c.in), &in); err == nil {
				t.Error("json.Unmarshal accepted it")
			}
		})
	}
}

func TestEveryProblemIsNamedAtOnce(t *testing.T) {
	t.Parallel()
	_, err := Parse([]byte(`{"kind":"expand_extension","productNo":"ab","quantity":12.5,"billingCycle":"Yearly","colour":1,"labels":{"A":"x"}}`))
	got := problems(t, err)
	for _, want := range []string{
		`reference: missing`,
		`kind "expand_extension": no such kind, did you mean expand_extensions?`,
		`productNo "AB": must be 4 to 32`,
		`quantity "12.5": must be a whole number from 1 to 1000000, e.g. 12`,
		`billingCycle "yearly": the portal says annually`,
		`colour: unknown field`,
		`labels.A "x": the key must be`,
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is missing in:\n%s", want, got)
		}
	}
	if n := strings.Count(got, "quantity"); n != 2 { // its line, and the list of fields
		t.Errorf("quantity is named %d times:\n%s", n, got)
	}
}

func TestThousandsOfProblemsMakeAShortError(t *testing.T) {
	t.Parallel()
	in := `{"a0":1` + strings.Repeat(`,"zz":1`, 8000) + `}`
	got := problems(t, second(Decode([]byte(in))))
	if len(got) > 8000 || !strings.Contains(got, "there are more problems") {
		t.Errorf("%d bytes of error: %.300s", len(got), got)
	}
}

func TestALongValueIsShortenedAndItsControlsEscaped(t *testing.T) {
	t.Parallel()
	in := wish()
	in.BillingCycle = "\x1b[31m\u202e" + strings.Repeat("ä", 100)
	got := problems(t, in.Validate())
	if !strings.Contains(got, `billingCycle "\u001b[31m\u202e`+strings.Repeat("ä", 58)+`…": must be annually`) {
		t.Error(got)
	}
}

func TestAnIntentInsideOtherJSONIsReadByTheSameRules(t *testing.T) {
	t.Parallel()
	var row struct{ Intent Intent }
	if err := json.Unmarshal([]byte(`{"Intent":{"quantity":1,"quantity":2}}`), &row); err == nil {
		t.Error("a repeated key was accepted")
	}
	data, err := json.Marshal(wish())
	if err != nil || string(data) != string(wish().Canonical()) {
		t.Errorf("%s, %v", data, err)
	}
}

func second[T any](_ T, err error) error { return err }

func FuzzDecode(f *testing.F) {
	f.Add([]byte(contractExample))
	f.Add([]byte(`{"quantity":1e3,"quantity":0}`))
	f.Add([]byte("{\"reference\":\"\\u0000\xff\"}"))
	f.Add([]byte(`{"labels":{"a":{"b":[[[]]]}},"serviceId":"3048573759449317376"}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		in, err := Decode(data)
		if err != nil {
			problems(t, err)
			return
		}
		if strings.Contains(in.Reference+in.Plan+in.PONumber, "\x00") {
			t.Fatalf("a NUL came through: %q", data)
		}
		again, err := Decode(in.Canonical())
		if err != nil {
			t.Fatalf("%s is not read back: %v", in.Canonical(), err)
		}
		if diff := cmp.Diff(in, again); diff != "" {
			t.Fatal(diff)
		}
	})
}

func TestAnEnsureThatCannotBeReadIsNoMissingQuantity(t *testing.T) {
	t.Parallel()
	_, err := Parse([]byte(`{"reference":"r","kind":"expand_extensions","productNo":"3658B431119665QJ","ensure":"many"}`))
	if got := problems(t, err); !strings.Contains(got, "ensure") || strings.Contains(got, "quantity") {
		t.Error(got)
	}
}

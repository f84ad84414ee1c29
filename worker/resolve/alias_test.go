package resolve

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"orderq/tasks"
	"orderq/yeastar"
)

func TestAliasesAreReadWhole(t *testing.T) {
	t.Parallel()
	got, err := ParseAliases([]byte(`{"plans":{"Enterprise Plan":"3048571730026938368"},"services":{"recording minutes":3048573759449317376},"contacts":{"Finance":"9223372036854775807"}}`))
	want := Aliases{Plans: map[string]yeastar.ID{"enterprise": 3048571730026938368},
		Services: map[string]yeastar.ID{"recording minutes": 3048573759449317376}, Contacts: map[string]yeastar.ID{"finance": 9223372036854775807}}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Error(err, diff)
	}
	if got, err := ParseAliases([]byte(` {} `)); err != nil || got.Plans != nil {
		t.Error(got, err)
	}
}

func TestAliasesThatCouldMeanTwoThingsAreRefused(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, in, want string }{
		{"nothing", ``, "aliases: is not valid JSON at byte 0"},
		{"a list", `[]`, "aliases: must be a JSON object"},
		{"an unknown section", `{"plan":{}}`, "plan: unknown section; the sections are plans, services, contacts"},
		{"a section twice", `{"plans":{},"plans":{}}`, "plans: is given twice"},
		{"a section that is a list", `{"plans":[]}`, "plans: must be a JSON object"},
		{"a section that is null", `{"plans":null}`, "plans: must be a JSON object"},
		{"a name twice", `{"plans":{"a":"1","a":"1"}}`, "plans.a: is given twice"},
		{"a name in two spellings", `{"plans":{"Enterprise":"1","enterprise plan":"2"}}`, "plans.enterprise plan: is given twice, perhaps in another spelling"},
		{"a name of nothing", `{"plans":{" ":"1"}}`, "the name has no letters or digits"},
		{"a word for an id", `{"plans":{"a":"b"}}`, `plans.a "b": must be one of the portal's ids`},
		{"a fraction", `{"plans":{"a":3.0485717300269e+18}}`, `must be one of the portal's ids`},
		{"an object", `{"plans":{"a":{"id":1}}}`, `must be one of the portal's ids`},
		{"null", `{"plans":{"a":null}}`, `must be one of the portal's ids`},
		{"zero", `{"plans":{"a":0}}`, `must be one of the portal's ids`},
		{"beyond 64 bits", `{"plans":{"a":9223372036854775808}}`, `must be one of the portal's ids`},
		{"trailing data", `{}{}`, "has something behind its closing brace"},
		{"half a file", `{"plans":{"a":"1"`, "is not valid JSON"},
		{"invalid UTF-8", "{\"plans\":{\"\xff\":\"1\"}}", "is not valid UTF-8"},
		{"far too long", `{"plans":{"` + strings.Repeat("x", maxAliases) + `":"1"}}`, "at most 1048576 are allowed"},
		{"two problems", `{"plan":{},"services":{"a":"b"}}`, `services; contacts`},
	}
	cases[len(cases)-1].want = `services.a "b": must`
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := ParseAliases([]byte(c.in))
			var bad *tasks.Invalid
			if !errors.As(err, &bad) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got  %v\nwant %s", err, c.want)
			}
		})
	}
}

func FuzzAliases(f *testing.F) {
	f.Add([]byte(`{"plans":{"Enterprise Plan":"3048571730026938368"},"services":{"recording minutes":3048573759449317376},"contacts":{}}`))
	f.Add([]byte(`{"plans":{"a":"1","A":2},"plans":null}`))
	f.Add([]byte("{\"\x00\":[[[{}]]]} x"))
	f.Fuzz(func(t *testing.T, data []byte) {
		a, err := ParseAliases(data)
		if err != nil {
			var bad *tasks.Invalid
			if !errors.As(err, &bad) || len(bad.Problems) == 0 || strings.ContainsAny(err.Error(), "\x00\n\x1b") {
				t.Fatalf("%T %q", err, err)
			}
			return
		}
		for _, section := range []map[string]yeastar.ID{a.Plans, a.Services, a.Contacts} {
			for name, id := range section {
				if id <= 0 || name == "" || nameKey(name) != name {
					t.Fatalf("%q: %d", name, id)
				}
			}
		}
	})
}

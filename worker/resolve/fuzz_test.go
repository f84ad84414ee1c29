package resolve_test

import (
	"encoding/json"
	"errors"
	"maps"
	"strings"
	"testing"
	"unicode"

	"orderq/tasks"
	"orderq/worker/resolve"
	"orderq/yeastar"
)

// FuzzAliasesFile: an id that the file gives stands in it digit for digit under a name of its section, no name
// is lost but to another spelling of it, and what was read is read the same when it is written again. What is
// refused is refused in a few lines that a terminal can be shown.
func FuzzAliasesFile(f *testing.F) {
	for _, s := range []string{`{}`, `{"plans":{"Enterprise Plan":"3048571730026938368"},"services":{"recording minutes":3048573759449317376},"contacts":{"Finance":"9223372036854775807"}}`,
		`{"plans":{"a":"\u0031"}}`, `{"plans":{"a":"1"},"plans":{}}`, `{"plans":{"a":"1","A.":"2"}}`, `{"\u001b[2J":{}}`, `{"plans":{"İ":1,"ẞ plan":2,"plan service":3}}`, `{"plans":{"a":""1""}}`, `{"plans":{"a":3.0e18}}`,
		`{"contacts":{"\u001b[2J":0,"x":null}}`, `{"services":{"` + strings.Repeat("x", 3000) + `":"` + strings.Repeat("9", 3000) + `"}}`, "\ufeff{}"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		a, err := resolve.ParseAliases(data)
		if err != nil {
			var bad *tasks.Invalid
			if !errors.As(err, &bad) || len(bad.Problems) == 0 || len(err.Error()) > 20*500 || strings.ContainsFunc(err.Error(), unicode.IsControl) {
				t.Fatalf("%d bytes of %T: %q", len(err.Error()), err, err)
			}
			return
		}
		var file map[string]map[string]any
		d := json.NewDecoder(strings.NewReader(string(data)))
		d.UseNumber()
		if err := d.Decode(&file); err != nil {
			t.Fatalf("read here, and not elsewhere: %v", err)
		}
		if !once(json.NewDecoder(strings.NewReader(string(data)))) {
			t.Fatalf("it says something twice, and was read as %v", a)
		}
		again := map[string]map[string]string{}
		for section, ids := range map[string]map[string]yeastar.ID{"plans": a.Plans, "services": a.Services, "contacts": a.Contacts} {
			if len(ids) != len(file[section]) {
				t.Fatalf("%s: %d names of %d", section, len(ids), len(file[section]))
			}
			said := map[string]int{}
			for _, id := range file[section] {
				switch id := id.(type) {
				case string:
					said[id]++
				case json.Number:
					said[id.String()]++
				}
			}
			again[section] = map[string]string{}
			for name, id := range ids {
				if said[id.String()]--; said[id.String()] < 0 {
					t.Fatalf("%s: %q is %s, which stands there once less", section, name, id)
				}
				again[section][name] = id.String()
			}
		}
		written, err := json.Marshal(again)
		if err != nil {
			t.Fatal(err)
		}
		b, err := resolve.ParseAliases(written)
		if err != nil || !maps.Equal(a.Plans, b.Plans) || !maps.Equal(a.Services, b.Services) || !maps.Equal(a.Contacts, b.Contacts) {
			t.Fatalf("read as %v, written %s, then %v, %v", a, written, b, err)
		}
	})
}

// once says whether no object of the value that comes next has a name twice.
func once(d *json.Decoder) bool {
	token, err := d.Token()
	if err != nil {
		return false
	}
	open, nested := token.(json.Delim)
	if !nested {
		return true
	}
	seen := map[any]bool{}
	for d.More() {
		if open == '{' {
			name, err := d.Token()
			if err != nil || seen[name] {
				return false
			}
			seen[name] = true
		}
		if !once(d) {
			return false
		}
	}
	_, err = d.Token()
	return err == nil
}

package resolve

import (
	"strings"
	"unicode"
)

// fillers are words that people and the portal add to a name or leave out.
var fillers = map[string]bool{"plan": true, "service": true}

// nameKey is what two spellings of one name have in common: lower case, letters and digits alone, words
// apart by one space, without "plan" and "service" unless nothing else is left.
func nameKey(name string) string {
	words := strings.FieldsFunc(strings.ToLower(name), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r)
	})
	var telling []string
	for _, w := range words {
		if !fillers[w] {
			telling = append(telling, w)
		}
	}
	if len(telling) == 0 {
		telling = words
	}
	return strings.Join(telling, " ")
}

// named is how a message shows something that has an id and perhaps a name.
func named(name, id string) string {
	if name == "" {
		return id
	}
	return name + " (" + id + ")"
}

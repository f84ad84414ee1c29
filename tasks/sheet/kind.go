package sheet

import (
	"slices"
	"strings"

	"orderq/tasks"
)

// kindNamed is the kind that people mean by its name, its title or one of the names that the portal has for
// its service, without case and space. A name that several kinds have names none. One that no kind has
// stays as it is, and tasks says what is wrong with it.
func kindNamed(v string) (kind, problem string) { return kindIn(kinds, v) }

func kindIn(table []names, v string) (kind, problem string) {
	var found []string
	for _, k := range table {
		if k.Name == v {
			return v, ""
		}
		if slices.Contains(k.names, fold(v)) {
			found = append(found, k.Name)
		}
	}
	switch len(found) {
	case 0:
		return v, ""
	case 1:
		return found[0], ""
	}
	return "", "can be " + strings.Join(found, " or ") + "; say which"
}

// names are what one kind may be called, folded.
type names struct {
	tasks.Kind
	names []string
}

// kinds is tasks' table with its names folded once: a file has a hundred thousand rows.
var kinds = func() []names {
	var out []names
	for _, k := range tasks.Kinds() {
		all := []string{fold(k.Name), fold(k.Title)}
		for _, name := range k.ServiceNames {
			all = append(all, fold(name))
		}
		out = append(out, names{k, all})
	}
	return out
}()

func kindNames() []string {
	var out []string
	for _, k := range kinds {
		out = append(out, k.Name)
	}
	return out
}

// counted is what a kind's quantity counts, "" for a kind that is not known.
func counted(kind string) string {
	for _, k := range kinds {
		if k.Name == kind {
			return k.Unit
		}
	}
	return ""
}

package sheet

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"orderq/tasks"
)

// column is one that is understood.
type column struct {
	at    int
	name  string // the header's own word
	field string // "labels.customer" for a label
}

// header says what a CSV file's columns mean.
type header struct {
	names   []string
	columns []column // in the file's order
	ignored []string
	id      int    // the column "id", which in a results file is ours; -1: none
	unit    string // what the quantity column counts by its name, "" if it does not say
}

// readHeader understands a file's header. The error names the columns it has and the way out.
func readHeader(names []string, line int, defaults defaults) (*header, error) {
	h := &header{names: names, id: -1}
	ours := isResults(names)
	by := map[string]string{}
	for i, name := range names {
		name = unguard(name)
		field := fieldOf(name)
		if field == "" {
			result, ok := resultOf(name)
			if ok && result == "id" {
				h.id = i
			}
			if name != "" && (!ok || !ours) {
				h.ignored = append(h.ignored, names[i])
			}
			if err := slip(name, line); err != nil {
				return nil, err
			}
			continue
		}
		if first, twice := by[field]; twice {
			return nil, fmt.Errorf("line %d: the columns %s and %s both mean %s; keep one, and call the other %s where it is only to be carried",
				line, quote(first), quote(name), field, quote(input+name))
		}
		by[field] = name
		h.columns = append(h.columns, column{at: i, name: name, field: field})
		if field == "quantity" {
			h.unit = unitOf(name)
		}
	}
	return h, h.complete(line, defaults)
}

// isResults says whether a file is one of our results.
func isResults(names []string) bool {
	from := len(names) - len(resultColumns)
	return from >= 0 && slices.Equal(names[from:], resultColumns)
}

// slip refuses a column whose name is all but a field's. Carried in silence, "notBefor" would be an order
// sent at once. It looks at the fields' long names alone: among the short ones too much is near ("Contract"
// is one letter from "Contact"), and two letters off is "Product" as well.
func slip(name string, line int) error {
	folded := fold(name)
	if len(folded) < 6 || isInput(name) {
		return nil
	}
	if _, result := resultOf(name); result {
		return nil
	}
	for _, field := range tasks.Fields() {
		if near := tasks.Near(folded, []string{fold(field)}, 1, 1); len(near) > 0 && len(field) > 6 {
			return fmt.Errorf("line %d: the column %s is not known, did you mean %s? Name it so, or %s where it is only to be carried",
				line, quote(name), field, quote(input+name))
		}
	}
	return nil
}

// fieldAt is what the cell in a column is read for, "" if for nothing.
func (h *header) fieldAt(i int) string {
	for _, c := range h.columns {
		if c.at == i {
			return c.field
		}
	}
	return ""
}

func (h *header) has(field string) bool {
	return slices.ContainsFunc(h.columns, func(c column) bool { return c.field == field })
}

// complete refuses a file in which no row can be an order.
func (h *header) complete(line int, d defaults) error {
	var missing []string
	if !h.has("productNo") && !d.has("productNo") && d.needProductNo(h.has("kind")) {
		missing = append(missing, "productNo")
	}
	if !h.has("kind") && !d.has("kind") {
		missing = append(missing, "kind")
	}
	if len(missing) == 0 {
		return nil
	}
	shown := make([]string, len(h.names))
	for i, name := range h.names {
		shown[i] = quote(name)
	}
	if len(shown) > 20 {
		shown = append(shown[:20], "…")
	}
	said := []string{fmt.Sprintf("line %d: it must name the columns, and none is %s; the columns found are %s",
		line, strings.Join(missing, " or "), strings.Join(shown, ", "))}
	if len(shown) == 1 {
		said[0] += " (columns are separated by comma, semicolon or tab)"
	}
	for _, field := range missing {
		said = append(said, h.remedy(field))
	}
	return errors.New(strings.Join(said, ". "))
}

// remedy says how a field may be given, beginning with the column that was probably meant.
func (h *header) remedy(field string) string {
	var names []string
	for name, f := range byName {
		if f == field {
			names = append(names, name)
		}
	}
	text := ""
	for _, name := range h.ignored {
		if folded := fold(name); len(folded) > 2 && len(tasks.Near(folded, names, 2, 1)) > 0 {
			text = fmt.Sprintf("Did you mean %s by %s? ", field, quote(name))
			break
		}
	}
	if field == "kind" && h.unit != "" && h.has("productNo") {
		text += "What the quantity counts (" + h.unit + ") does not say what to order. "
	}
	text += fmt.Sprintf("Name a column %s", field)
	if i := slices.IndexFunc(synonyms, func(s synonym) bool { return s.field == field }); i >= 0 && len(synonyms[i].also) > 0 {
		text += " (or " + strings.Join(synonyms[i].also[:min(4, len(synonyms[i].also))], ", ") + ")"
	}
	text += ", or say it once for all rows"
	if field == "kind" {
		text += ": " + strings.Join(kindNames(), ", ")
	}
	return text
}

// quote makes a name fit for a message.
func quote(name string) string { return `"` + tasks.Shown(name) + `"` }

package sheet

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"
)

var (
	// shortened is what a spreadsheet makes of a long number. A point, a comma or a sign is asked for,
	// because 3658E12 may be a serial number.
	shortened = regexp.MustCompile(`^\d+([.,]\d+[eE]\+?|[eE]\+)\d+$`)
	// rounded is an id of which Excel kept 15 digits. One true id in a thousand and fewer ends so.
	rounded = regexp.MustCompile(`^\d{15}0{3,}$`)
	// sheetError is what stands where a formula failed, or a column is too narrow.
	sheetError = regexp.MustCompile(`^(#(N/A|REF!|VALUE!|NAME\?|DIV/0!|NUM!|NULL!|SPILL!)|#{3,})$`)
)

// curly are the quotes that word processors put in the place of straight ones.
const curly = "“”„‟«»‘’‚‛"

// isText says whether a field is prose, which may begin with an apostrophe: 's-Hertogenbosch.
func isText(field string) bool {
	return field == "plan" || field == "billingContact" || strings.HasPrefix(field, "labels")
}

// said is what a cell says to its field: the apostrophe is taken off that marks text in a spreadsheet, in
// front of whatever a spreadsheet would take for a formula, and in ids in front of anything.
func said(field, cell string) string {
	if v, marked := strings.CutPrefix(cell, "'"); marked && !isText(field) {
		return v
	}
	return unguard(cell)
}

// spoilt says what a spreadsheet or a word processor did to a value, "" if nothing. The fields' own rules
// come later, in tasks.
func spoilt(field, v string) string {
	trimmed := strings.TrimSpace(v)
	switch {
	case strings.HasPrefix(trimmed, "="):
		return "is a formula; put its value there (copy, then paste special, values)"
	case sheetError.MatchString(trimmed):
		return "is a spreadsheet's error, not a value; put the value there"
	case strings.HasPrefix(field, "labels"), (field == "quantity" || field == "ensure") && grouped.MatchString(trimmed): // with a fixed space
		return ""
	case shortened.MatchString(trimmed):
		return "a spreadsheet has shortened this number, and its last digits are lost; format the column as text, enter the number again, and export again"
	case (strings.HasSuffix(field, "Id") || field == "billingContact") && rounded.MatchString(trimmed):
		return "a spreadsheet has kept 15 digits of this id and made the others 0; format the column as text, and enter the id again (if it really ends so, use NDJSON)"
	}
	for _, r := range trimmed {
		if !unicode.IsPrint(r) {
			return fmt.Sprintf("contains the character U+%04X, which does not print; type the value anew", r)
		}
	}
	for _, r := range curly {
		if strings.HasPrefix(trimmed, string(r)) || strings.HasSuffix(trimmed, string(r)) {
			return fmt.Sprintf(`has the curly quote %c at its end, which is text and no quote; take it away, or write "`, r)
		}
	}
	if field == "reference" && v != trimmed {
		return "has space around it, which would make it another order than without; take the space away"
	}
	return ""
}

package sheet

import (
	"strings"
	"unicode"
)

// Spreadsheets run a cell that begins with one of these as a formula; a reference or a portal's message must
// not become a command on the desk of whoever opens the results. The wide forms are the same to a Japanese
// Excel.
const starters = "=+-@\t\r＝＋－＠"

// runs says whether a spreadsheet would take a cell for a formula. Space in front does not stop all of them.
func runs(cell string) bool {
	for _, r := range cell {
		if strings.ContainsRune(starters, r) {
			return true
		}
		if !unicode.IsSpace(r) {
			return false
		}
	}
	return false
}

// guard makes an input cell harmless. A cell that begins with an apostrophe is so already, and stays, so
// that it says the same when it is read again.
func guard(cell string) string {
	if runs(cell) {
		return "'" + cell
	}
	return cell
}

// unguard is what a guarded cell says. An apostrophe in front of anything else is part of the value: 's-Hertogenbosch.
func unguard(cell string) string {
	if v, marked := strings.CutPrefix(cell, "'"); marked && runs(v) {
		return v
	}
	return cell
}

// guardReference also marks a reference that begins with an apostrophe itself, because one is taken off
// when it is read: a reference that came back changed would be another order.
func guardReference(reference string) string {
	if strings.HasPrefix(reference, "'") {
		return "'" + reference
	}
	return guard(reference)
}

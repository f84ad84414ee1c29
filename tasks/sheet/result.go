package sheet

import (
	"regexp"
	"slices"
	"strings"
)

// resultColumns are what a results file adds, in its order.
var resultColumns = []string{"reference", "id", "state", "orderNo", "transactionNo", "reason"}

// Result is what became of a row. Empty: nothing to say.
type Result struct {
	Reference, ID, State, OrderNo, TransactionNo, Reason string
}

// at is the place of a result column; its name is one of resultColumns.
func (r *Result) at(name string) *string {
	switch name {
	case "reference":
		return &r.Reference
	case "id":
		return &r.ID
	case "state":
		return &r.State
	case "orderNo":
		return &r.OrderNo
	case "transactionNo":
		return &r.TransactionNo
	case "reason":
		return &r.Reason
	}
	panic("no result column: " + name)
}

// renamed keeps the result columns' names free. A column that is called otherwise and means the reference
// ("Order Ref") makes way too: its result beside it would be a second reference.
func renamed(columns []string) []string {
	out := slices.Clone(columns)
	for i, name := range columns {
		if _, taken := resultOf(unguard(name)); !taken && fieldOf(unguard(name)) != "reference" {
			continue
		}
		name = input + name
		for slices.Contains(out, name) { // results of results
			name = input + name
		}
		out[i] = name
	}
	return out
}

// plainHead is what the head of a column may be without quotes. All else is quoted: a file is recognised by its
// first bytes, and its delimiter by what the header has most of.
var plainHead = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9 _.#/-]*$`)

func appendHead(b []byte, name string) []byte {
	if plainHead.MatchString(name) {
		return append(b, name...)
	}
	return append(append(append(b, '"'), strings.ReplaceAll(name, `"`, `""`)...), '"')
}

// resultOf is the result column that a head reads like. It leaves all folding to fold.
func resultOf(name string) (string, bool) {
	i := slices.IndexFunc(resultColumns, func(c string) bool { return fold(c) == fold(name) })
	if i < 0 {
		return "", false
	}
	return resultColumns[i], true
}

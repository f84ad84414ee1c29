package sheet

import (
	"fmt"
	"slices"
	"strings"

	"orderq/tasks"
)

// Row is one row, whether it is an order or not.
type Row struct {
	N    int // from 1; header and empty lines are not counted
	Line int // where it begins in the file, from 1
	// Cells are as read, one per column of the header; NDJSON: one, the line. A row whose cells cannot be
	// told apart stands whole in the first, behind "unreadable row: "; one above MaxRow is not kept.
	Cells []string
	// Intent is normalised and has its reference; meaningful only where Invalid is nil.
	//
	// Where the file is one of our results, the cell "id" was held against it: the row is the order that it
	// was, or it is invalid. A results file that is read for another account would else order all again.
	Intent  tasks.Intent
	Planned []byte // what a plan found it to be, as store.New has it; nil: the row is of no plan
	Own     bool   // the reference is the row's own, not made here
	Invalid error  // why this row is no order, a *tasks.Invalid; it does not name the row, see Where
}

// Where says which row it is, to stand in front of Invalid: row 12 (line 14).
func (r Row) Where() string { return fmt.Sprintf("row %d (line %d)", r.N, r.Line) }

// record is the next row of a CSV file that is not empty.
func (r *Reader) record() (record, error) {
	for {
		rec, err := r.csv.next()
		if err != nil || rec.over || slices.ContainsFunc(rec.cells, notBlank) {
			return rec, err
		}
	}
}

func notBlank(cell string) bool { return strings.TrimSpace(cell) != "" }

// read is the next row.
func (r *Reader) read() (Row, error) {
	if r.format == NDJSON {
		return r.readLine()
	}
	rec, err := r.record()
	if err != nil {
		return Row{}, err
	}
	r.n++
	row := Row{N: r.n, Line: rec.line, Cells: make([]string, len(r.header.names))}
	copy(row.Cells, rec.cells)
	var bad problems
	r.misshapen(rec, &bad)
	if len(bad.list) > 0 { // the cells may stand in the wrong columns: what they say would be noise
		row.Cells = unread(rec, row.Cells, r.csv.comma)
		row.Invalid = bad.err()
		return row, nil
	}
	if strings.HasPrefix(row.Cells[0], unreadableRow) {
		bad.add("", row.Cells[0], "the cells of this row could not be told apart the last time; write them anew, each in its column")
		row.Invalid = bad.err()
		return row, nil
	}
	in := r.understand(row.Cells, &bad)
	row.Own = in.Reference != ""
	id := ""
	if r.header.id >= 0 {
		id = strings.TrimSpace(row.Cells[r.header.id])
	}
	row.Intent = r.finish(in, id, &bad, func(field, value string) string { return r.place(row.Cells, field, value) })
	row.Invalid = bad.err()
	return row, nil
}

// understand brings the cells into their fields.
func (r *Reader) understand(cells []string, bad *problems) tasks.Intent {
	var in tasks.Intent
	for _, c := range r.header.columns {
		v := said(c.field, cells[c.at])
		if !notBlank(v) {
			continue
		}
		problem := spoilt(c.field, v)
		if problem == "" {
			problem = put(&in, c.field, v)
		}
		if problem != "" {
			bad.add(c.field, v, "%s%s", inColumn(c.name, c.field), problem)
		}
		if c.field == "reference" {
			in.Reference = v // its own even where it is refused
		}
	}
	return in
}

// finish makes an intent of what a row says: defaults, normal form, reference, and every check of tasks.
// What it cannot be is added to bad, with the place that a person looks for it.
func (r *Reader) finish(in tasks.Intent, id string, bad *problems, place func(field, value string) string) tasks.Intent {
	own := in.Reference != ""
	in = r.defaults.fill(in).Normalise()
	probe := in
	if !own && r.refs.batch != "" {
		probe.Reference = "made"
	}
	for _, p := range problemsOf(probe.Validate()) {
		if !bad.has(p.Field) && !(p.Field == "quantity" && bad.has("ensure")) {
			bad.add(p.Field, "", "%s%s", place(p.Field, p.Value), p.Message)
			bad.list[len(bad.list)-1].Value = p.Value // fit to be shown already
		}
	}
	r.unitFits(in, bad)
	if own && !bad.has("reference") {
		if holder := r.refs.claim(in.Account, in.Reference, r.n); holder > 0 {
			bad.add("reference", in.Reference, "%srow %d has this reference already; give this row another, or take one of the two away",
				place("reference", in.Reference), holder)
		}
	}
	if len(bad.list) > 0 {
		return in
	}
	if !own {
		in.Reference = r.refs.make(in, r.n)
	}
	if tasks.IsOrderID(id) && in.ID() != id {
		bad.add("reference", in.Reference, "%sthe row's id says that it is the order %s, and with this account and reference it would be another; "+
			"put back what was changed (the account may have been said for all rows), or empty the id where a new order is wanted",
			place("reference", in.Reference), id)
	}
	return in
}

// unitFits holds what the quantity's column counts by its name against what the kind counts.
func (r *Reader) unitFits(in tasks.Intent, bad *problems) {
	if r.header == nil || r.header.unit == "" || in.Quantity == 0 || bad.has("quantity") {
		return
	}
	if unit := counted(in.Kind); unit != "" && unit != r.header.unit {
		i := slices.IndexFunc(r.header.columns, func(c column) bool { return c.field == "quantity" })
		bad.add("quantity", "", "the column %s counts %s, and %s counts %s; call the column quantity, or put the right kind",
			quote(r.header.columns[i].name), r.header.unit, in.Kind, unit)
	}
}

// place is where the value of a field came from.
func (r *Reader) place(cells []string, field, value string) string {
	i := slices.IndexFunc(r.header.columns, func(c column) bool { return c.field == field })
	if i >= 0 {
		c := r.header.columns[i]
		if value == "" || notBlank(cells[c.at]) {
			return inColumn(c.name, field)
		}
	}
	if value != "" && r.defaults.has(field) {
		return "said for all rows: "
	}
	return ""
}

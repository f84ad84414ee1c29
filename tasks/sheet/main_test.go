package sheet

import (
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"orderq/tasks"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// sn is the tutorials' serial number.
const sn = "3658B431119665QJ"

// all reads a file to its end.
func all(t *testing.T, content string, o Options) (*Reader, []Row, error) {
	t.Helper()
	r, err := NewReader(strings.NewReader(content), o)
	if err != nil {
		return nil, nil, err
	}
	rows, err := rest(r)
	return r, rows, err
}

func rest(r *Reader) ([]Row, error) {
	var rows []Row
	for {
		row, err := r.Next()
		if errors.Is(err, io.EOF) {
			return rows, nil
		}
		if err != nil {
			return rows, err
		}
		rows = append(rows, row)
	}
}

// read is all for a file that can be read.
func read(t *testing.T, content string, o Options) (*Reader, []Row) {
	t.Helper()
	if o.Batch == "" {
		o.Batch = "december"
	}
	r, rows, err := all(t, content, o)
	if err != nil {
		t.Fatal(err)
	}
	return r, rows
}

// orders are the intents of a file in which every row is an order.
func orders(t *testing.T, content string, o Options) []tasks.Intent {
	t.Helper()
	_, rows := read(t, content, o)
	var out []tasks.Intent
	for _, row := range rows {
		if row.Invalid != nil {
			t.Fatalf("%s: %v", row.Where(), row.Invalid)
		}
		out = append(out, row.Intent)
	}
	return out
}

// verdicts are the rows' errors with their places, "" for an order.
func verdicts(rows []Row) []string {
	var out []string
	for _, row := range rows {
		said := ""
		if row.Invalid != nil {
			said = row.Where() + ": " + row.Invalid.Error()
		}
		out = append(out, said)
	}
	return out
}

// wantProblem fails unless one row's error, with its place, is all of want or has it inside.
func wantProblem(t *testing.T, rows []Row, want string) {
	t.Helper()
	said := verdicts(rows)
	if !slices.ContainsFunc(said, func(s string) bool { return strings.Contains(s, want) }) {
		t.Errorf("rows say %q, want %q", said, want)
	}
}

func refs(rows []Row) []string {
	var out []string
	for _, row := range rows {
		out = append(out, row.Intent.Reference)
	}
	return out
}

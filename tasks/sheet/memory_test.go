package sheet

import (
	"errors"
	"fmt"
	"io"
	"runtime"
	"testing"
)

// endless is a file that is made while it is read, so that the test itself holds nothing of it.
type endless struct {
	rows, next int
	buf        []byte
	row        func(b []byte, i int) []byte // -1: what stands before the rows
}

func (e *endless) Read(p []byte) (int, error) {
	for len(e.buf) == 0 {
		if e.next > e.rows {
			return 0, io.EOF
		}
		e.buf = e.row(e.buf[:0], e.next-1)
		e.next++
	}
	n := copy(p, e.buf)
	e.buf = e.buf[n:]
	return n, nil
}

func csvRow(b []byte, i int) []byte {
	if i < 0 {
		return append(b, "SN,Type,Qty,Plan,Cycle,Contact,Note,label.customer\n"...)
	}
	return fmt.Appendf(b, "3658B%011d,recording minutes,1000,Enterprise Plan,annually,billing@example.com,\"rack %d, \"\"left\"\"\",acme\r\n", i, i)
}

func jsonRow(b []byte, i int) []byte {
	if i < 0 {
		return append(b, '\n')
	}
	return fmt.Appendf(b, `{"kind":"add_recording_minutes","productNo":"3658B%011d","quantity":1000,"plan":"Enterprise Plan","labels":{"customer":"acme"}}`+"\n", i)
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// TestAHundredThousandRowsTakeFlatMemory is not parallel: it measures the whole process.
func TestAHundredThousandRowsTakeFlatMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("a hundred thousand rows, twice: without -short")
	}
	const rows, limit = 100_000, 32 << 20
	for name, row := range map[string]func([]byte, int) []byte{"csv": csvRow, "ndjson": jsonRow} {
		start := heap()
		r, err := NewReader(&endless{rows: rows, row: row}, Options{Batch: "december"})
		if err != nil {
			t.Fatal(err)
		}
		w := NewWriter(io.Discard, r.Format(), r.Columns())
		var most uint64
		for n := 1; ; n++ {
			row, err := r.Next()
			if errors.Is(err, io.EOF) {
				if n != rows+1 {
					t.Errorf("%s: %d rows", name, n-1)
				}
				break
			}
			if err != nil || row.Invalid != nil {
				t.Fatalf("%s: %v %v", row.Where(), err, row.Invalid)
			}
			if err := w.Write(row.Cells, Result{Reference: row.Intent.Reference, ID: row.Intent.ID(), State: "placed"}); err != nil {
				t.Fatal(err)
			}
			if n%10_000 == 0 {
				most = max(most, heap())
			}
		}
		grown := int64(most) - int64(start)
		t.Logf("%s: %.1f MB above the start", name, float64(grown)/(1<<20))
		if grown > limit {
			t.Errorf("%s: the heap grew by %d bytes", name, grown)
		}
	}
}

func benchmarkRead(b *testing.B, row func([]byte, int) []byte) {
	b.ReportAllocs()
	b.SetBytes(int64(len(row(nil, 1))))
	r, err := NewReader(&endless{rows: b.N, row: row}, Options{Batch: "december"})
	if err != nil {
		b.Fatal(err)
	}
	for {
		row, err := r.Next()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil || row.Invalid != nil {
			b.Fatalf("%v %v", err, row.Invalid)
		}
	}
}

func BenchmarkReadCSV(b *testing.B)    { benchmarkRead(b, csvRow) }
func BenchmarkReadNDJSON(b *testing.B) { benchmarkRead(b, jsonRow) }

func benchmarkWrite(b *testing.B, f Format, columns, cells []string) {
	b.ReportAllocs()
	w := NewWriter(io.Discard, f, columns)
	for b.Loop() {
		if err := w.Write(cells, Result{Reference: "december/0123456789abcdef/1", ID: "oqkj4thvgdmn4trk6peltd7uvg", State: "placed", OrderNo: "3201"}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkWriteCSV(b *testing.B) {
	benchmarkWrite(b, CSV, []string{"SN", "Type", "Qty"}, []string{sn, "recording minutes", "1000"})
}

func BenchmarkWriteNDJSON(b *testing.B) { benchmarkWrite(b, NDJSON, nil, []string{wish}) }

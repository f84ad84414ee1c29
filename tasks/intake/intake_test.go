package intake_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"orderq/store"
	"orderq/store/batch"
	"orderq/store/storetest"
	"orderq/tasks"
	"orderq/tasks/intake"
	"orderq/tasks/sheet"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// apply takes a file in as batch nov, and gives what became of it and what was wrong.
func apply(t *testing.T, r *storetest.Room, file io.Reader, tune ...func(*intake.Config)) (intake.Summary, []string, error) {
	t.Helper()
	reader, err := sheet.NewReader(file, sheet.Options{Batch: "nov"})
	if err != nil {
		t.Fatal(err)
	}
	var bad []string
	c := intake.Config{Store: r.Store, Name: "nov", By: "anna", Reader: reader, Bad: func(b intake.Bad) {
		bad = append(bad, fmt.Sprint(b.Row.N, ": ", b.Err))
	}}
	for _, f := range tune {
		f(&c)
	}
	s, err := intake.Apply(t.Context(), c)
	s.Sum = strings.Repeat("x", min(1, len(s.Sum)))
	return s, bad, err
}

func rows(from, to int) string {
	var b strings.Builder
	b.WriteString("SN,Kind,Qty\n")
	for i := from; i < to; i++ {
		fmt.Fprintf(&b, "3658B4311%07d,add_recording_minutes,%d\n", i, 100)
	}
	return b.String()
}

var id = tasks.BatchID("default", "nov")

func TestAFileAppliedAgainOrdersOnlyWhatIsNew(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, r *storetest.Room) {
		for _, c := range []struct {
			name, file string
			want       intake.Summary
		}{
			{"first", rows(0, 450), intake.Summary{ID: id, Rows: 450, New: 450, Sum: "x"}},
			{"the same", rows(0, 450), intake.Summary{ID: id, Rows: 450, Again: 450, Sum: "x"}},
			{"ten rows more", rows(0, 460), intake.Summary{ID: id, Rows: 460, New: 10, Again: 450, Sum: "x"}},
			{"the first taken out", rows(1, 460), intake.Summary{ID: id, Rows: 459, Again: 459, Sum: "x"}},
		} {
			got, bad, err := apply(t, r, strings.NewReader(c.file))
			if diff := cmp.Diff(c.want, got); diff != "" || err != nil || bad != nil {
				t.Fatalf("%s: %v, %v (-want +got):\n%s", c.name, err, bad, diff)
			}
		}
		counts, err := batch.Of(r.Store).Count(t.Context(), id)
		if err != nil || counts.Rows != 459 || counts.Earlier != 1 || counts.States[store.Held] != 460 {
			t.Errorf("%+v, %v", counts, err)
		}
	})
}

// stutter fails in mid-file, as a pipe does whose writer dies.
type stutter struct {
	io.Reader
	err error
}

func (s stutter) Read(p []byte) (int, error) {
	n, err := s.Reader.Read(p)
	if errors.Is(err, io.EOF) {
		err = s.err
	}
	return n, err
}

func TestAFileThatIsCutOffGoesOnWhenItIsAppliedAgain(t *testing.T) {
	t.Parallel()
	r := storetest.Embedded(t)
	broken := errors.New("broken pipe")
	got, _, err := apply(t, r, stutter{strings.NewReader(rows(0, 250)), broken})
	if !errors.Is(err, broken) || got.New < 200 {
		t.Fatalf("%+v, %v", got, err)
	}
	one, err := batch.Of(r.Store).Get(t.Context(), id)
	if err != nil || !one.Applied.IsZero() {
		t.Errorf("%+v, %v: it was not read to its end", one, err)
	}
	again, _, err := apply(t, r, strings.NewReader(rows(0, 300)))
	if err != nil || again.New != 300-got.New || again.Again != got.New {
		t.Errorf("%+v after %+v, %v", again, got, err)
	}
}

func TestARowThatIsNoOrderStopsNobodyAndIsKeptWithItsReason(t *testing.T) {
	t.Parallel()
	r := storetest.Embedded(t)
	client := tasks.Intent{Reference: "crm-1", Kind: "add_recording_minutes", ProductNo: "3658B43110000009", Quantity: 7}.Normalise()
	if _, _, err := r.Store.Accept(t.Context(), tasks.NewOrder(client, tasks.QueueOrders)); err != nil {
		t.Fatal(err)
	}
	file := "Ref,SN,Kind,Qty,Note\n" +
		"crm-1,3658B43110000009,add_recording_minutes,7,the same intent\n" +
		"crm-1b,3658B43110000001,add_recording_minutes,minus one,bad\n" +
		"crm-2,3658B43110000001,add_recording_minutes,10,good\n"
	got, bad, err := apply(t, r, strings.NewReader(file))
	want := intake.Summary{ID: id, Rows: 3, New: 1, Elsewhere: 1, Invalid: 1, Sum: "x"}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	if len(bad) != 1 || !strings.Contains(bad[0], "2: ") || !strings.Contains(bad[0], "minus one") {
		t.Errorf("%q", bad)
	}
	// Its reference belongs to another intent.
	got, bad, err = apply(t, r, strings.NewReader("Ref,SN,Kind,Qty\ncrm-1,3658B43110000009,add_recording_minutes,8\n"))
	if err != nil || got.Invalid != 1 || len(bad) != 1 || !strings.Contains(bad[0], `"crm-1"`) || !strings.Contains(bad[0], "quantity 7 there, 8 here") {
		t.Errorf("%+v, %q, %v", got, bad, err)
	}
	var kept []string
	err = batch.Of(r.Store).Each(t.Context(), id, func(row batch.Row, o store.Order) error {
		kept = append(kept, fmt.Sprint(row.N, " ", row.Line, " ", o.Reference, " ", o.State, " ", len(row.Cells), " ", row.Invalid != ""))
		return nil
	})
	// The first row's order is nobody's any more but its own; the third is the batch's.
	if want := []string{"1 2   4 true", "0 4 crm-2 held 5 false"}; err != nil || !cmp.Equal(kept[:1], want[:1]) || kept[len(kept)-1] != want[1] {
		t.Errorf("%q, %v", kept, err)
	}
}

func TestOfTwoAppliesAtOnceTheLaterHasTheBatch(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, r *storetest.Room) {
		// The first comes to a stop in the middle of its file; meanwhile the second takes all in.
		pipe, feed := io.Pipe()
		first := make(chan error, 1)
		begun := make(chan struct{}, 10)
		go func() {
			_, _, err := apply(t, r, pipe, func(c *intake.Config) { c.Took = func(intake.Summary) { begun <- struct{}{} } })
			first <- err
		}()
		half := rows(0, 300)
		if _, err := io.WriteString(feed, half); err != nil {
			t.Fatal(err)
		}
		<-begun
		if got, _, err := apply(t, r, strings.NewReader(rows(0, 400))); err != nil || got.Rows != 400 {
			t.Fatalf("%+v, %v", got, err)
		}
		go func() {
			_, _ = io.WriteString(feed, strings.Repeat("3658B43119999999,add_recording_minutes,5\n", 1))
			_ = feed.Close()
		}()
		if err := <-first; !errors.Is(err, store.ErrRowsRefused) {
			t.Errorf("%v", err)
		}
		_ = pipe.Close()
		counts, err := batch.Of(r.Store).Count(context.WithoutCancel(t.Context()), id)
		if err != nil || counts.Rows != 400 || counts.States[store.Held] != 400 {
			t.Errorf("%+v, %v", counts, err)
		}
	})
}

func TestACancelledBatchTakesNoFile(t *testing.T) {
	t.Parallel()
	r := storetest.Embedded(t)
	if _, _, err := apply(t, r, strings.NewReader(rows(0, 3))); err != nil {
		t.Fatal(err)
	}
	if err := batch.Of(r.Store).Cancel(t.Context(), id, "eve", "prices"); err != nil {
		t.Fatal(err)
	}
	if _, _, err := apply(t, r, strings.NewReader(rows(0, 3))); !errors.Is(err, batch.ErrState) {
		t.Errorf("%v", err)
	}
}

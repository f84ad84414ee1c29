package intake_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"orderq/store"
	"orderq/store/batch"
	"orderq/store/storetest"
	"orderq/tasks/intake"
	"orderq/tasks/sheet"
)

// end brings the orders of a batch of four to their ends: placed, rejected by the portal, cancelled, failed at the portal.
func end(t *testing.T, r *storetest.Room) {
	t.Helper()
	must := func(_ store.Order, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	n := 0
	err := batch.Of(r.Store).Each(t.Context(), id, func(_ batch.Row, o store.Order) error {
		if n++; n == 3 {
			must(r.Store.Cancel(t.Context(), o, "eve", "not now"))
			return nil
		}
		o, err := r.Store.Unhold(t.Context(), o, "", "released")
		must(o, err)
		o, mine, err := r.Store.Take(t.Context(), o.ID, store.Delivery{Worker: "w", Nonce: fmt.Sprint(n), Silence: time.Hour, Within: time.Minute})
		if must(o, err); !mine {
			t.Fatal("not mine")
		}
		switch n {
		case 1:
			must(r.Store.Record(t.Context(), o, store.Found{To: store.Placed, OrderNo: "EK1", Via: store.ViaAnswer}))
		case 2:
			must(r.Store.Reject(t.Context(), o, store.Refusal{Code: "no_funds", Reason: "no funds"}))
		case 4:
			must(r.Store.Record(t.Context(), o, store.Found{To: store.Rejected, OrderNo: "EK4", Via: store.ViaAnswer, Reason: "the portal has it as failed"}))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func get(t *testing.T, r *storetest.Room) batch.Batch {
	t.Helper()
	one, err := batch.Of(r.Store).Get(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return one
}

func TestOnlyWhatIsProvedNotPlacedIsRetriedUnderAReferenceOfItsOwn(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, r *storetest.Room) {
		if _, _, err := apply(t, r, strings.NewReader(rows(0, 4))); err != nil {
			t.Fatal(err)
		}
		end(t, r)
		before := get(t, r)
		got, err := intake.Retry(t.Context(), r.Store, before, "anna", "funds are there")
		want := intake.Retried{Orders: 2, Left: map[store.State]int{store.Placed: 1, store.Rejected: 1}}
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Fatalf("%v (-want +got):\n%s", err, diff)
		}
		after := get(t, r)
		if after.Applied.IsZero() || after.Sum != before.Sum || after.Rows != 4 || !cmp.Equal(after.Columns, before.Columns) {
			t.Errorf("%+v was %+v", after, before)
		}
		var shown []string
		err = batch.Of(r.Store).Each(t.Context(), id, func(row batch.Row, o store.Order) error {
			shown = append(shown, fmt.Sprint(row.N, " ", o.State, " ", row.First != "", " ", strings.HasSuffix(o.Reference, "/1/retry-1")))
			if row.First != "" && (len(row.Cells) != 3 || o.Batch != id) {
				t.Errorf("%+v, %+v", row, o)
			}
			return nil
		})
		if diff := cmp.Diff([]string{"1 placed false false", "2 held true true", "3 held true true", "4 rejected false false"}, shown); err != nil || diff != "" {
			t.Errorf("%v (-want +got):\n%s", err, diff)
		}
		// The old orders do not count beside those that took their place.
		c, err := batch.Of(r.Store).Count(t.Context(), id)
		if err != nil || c.Rows != 4 || c.States[store.Held] != 2 || c.States[store.Placed] != 1 || c.States[store.Rejected] != 1 || len(c.States) != 3 {
			t.Errorf("%+v, %v", c, err)
		}
		// The file again, and the retry again: no order more.
		if s, _, err := apply(t, r, strings.NewReader(rows(0, 4))); err != nil || s.New != 0 || s.Again != 4 {
			t.Errorf("%+v, %v", s, err)
		}
		if got, err := intake.Retry(t.Context(), r.Store, get(t, r), "anna", "again"); err != nil || got.Orders != 0 {
			t.Errorf("%+v, %v", got, err)
		}
		if n, err := batch.Of(r.Store).Release(t.Context()); n != 2 || err != nil {
			t.Errorf("released %d, %v", n, err)
		}
	})
}

func TestARetryThatFailedIsRetriedUnderTheNextReference(t *testing.T) {
	t.Parallel()
	r := storetest.Embedded(t)
	if _, _, err := apply(t, r, strings.NewReader(rows(0, 1))); err != nil {
		t.Fatal(err)
	}
	for round := range 3 {
		err := batch.Of(r.Store).Each(t.Context(), id, func(_ batch.Row, o store.Order) error {
			_, err := r.Store.Cancel(t.Context(), o, "eve", "no")
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if got, err := intake.Retry(t.Context(), r.Store, get(t, r), "anna", "again"); err != nil || got.Orders != 1 {
			t.Fatalf("round %d: %+v, %v", round, got, err)
		}
	}
	n := 0
	err := batch.Of(r.Store).Each(t.Context(), id, func(row batch.Row, o store.Order) error {
		if n++; !strings.HasSuffix(o.Reference, "/1/retry-3") || o.State != store.Held {
			t.Errorf("%+v", o)
		}
		return nil
	})
	if err != nil || n != 1 {
		t.Errorf("%d rows, %v", n, err)
	}
}

func TestABatchThatIsBeingAppliedIsNotRetried(t *testing.T) {
	t.Parallel()
	r := storetest.Embedded(t)
	if _, _, err := apply(t, r, stutter{strings.NewReader(rows(0, 4000)), errors.New("broken pipe")}); err == nil {
		t.Fatal("it was read to its end")
	}
	if _, err := intake.Retry(t.Context(), r.Store, get(t, r), "anna", "x"); !errors.Is(err, intake.ErrApplying) {
		t.Errorf("%v", err)
	}
}

// asPlanned are a file's rows as a plan gives them.
type asPlanned struct{ intake.Rows }

func (p asPlanned) Next() (sheet.Row, error) {
	row, err := p.Rows.Next()
	row.Planned = fmt.Appendf(nil, `{"row":%d}`, row.N)
	return row, err
}

func TestWhatWasPlannedStaysWithItsOrderAndWithTheOneInItsPlace(t *testing.T) {
	t.Parallel()
	r := storetest.Embedded(t)
	_, _, err := apply(t, r, strings.NewReader(rows(0, 4)), func(c *intake.Config) { c.Reader = asPlanned{c.Reader} })
	if err != nil {
		t.Fatal(err)
	}
	end(t, r)
	if _, err := intake.Retry(t.Context(), r.Store, get(t, r), "eve", "again"); err != nil {
		t.Fatal(err)
	}
	again := 0
	err = batch.Of(r.Store).Each(t.Context(), id, func(row batch.Row, o store.Order) error {
		if row.First != "" {
			again++
		}
		if want := fmt.Sprintf(`{"row":%d}`, row.N); string(o.Planned) != want {
			t.Errorf("%s: %s, want %s", o.Reference, o.Planned, want)
		}
		return nil
	})
	if err != nil || again != 2 {
		t.Errorf("%d again, %v", again, err)
	}
}

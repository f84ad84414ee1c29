package worker

import (
	"testing"

	"orderq/store"
	"orderq/store/storetest"
	"orderq/yeastar/yeastartest"
)

// Where the list is sorted by something else than age, a new row stands between others, out of sight of both ends, and
// shifts an old one into the sight of one of them: as many rows more as seem new, and not those.
func TestAnOldRowThatIsShiftedIntoSightIsNotTheNewOne(t *testing.T) {
	t.Parallel()
	for _, old := range []int{60, 61, 80} {
		l := newLone(t, storetest.Best(t))
		l.portal = yeastartest.Start(yeastartest.Options{ListOrder: yeastartest.NewestAmid, MaxPageSize: 20, OldOrders: old})
		t.Cleanup(l.portal.Close)
		l.Worker = l.beside(t.TempDir())
		l.must(l.fleet.NoteEcho(t.Context(), true))
		l.must(l.refresh(t.Context()))
		if o := l.reconciled(l.past(l.inDoubt())); o.State != store.Unknown && o.State != store.Placed {
			t.Errorf("%d old orders: it is %s (%s), and the portal has it", old, o.State, o.Reason)
		}
	}
}

package worker_test

import (
	"context"
	"os"
	"testing"

	"orderq/store"
)

// Whoever moves the journals away takes the proof of what was sent with them: their process may not vouch for them.
func TestAProcessWhoseJournalIsGoneFromItsFolderVouchesForNothing(t *testing.T) {
	t.Parallel()
	for name, lose := range map[string]func(dir string) error{
		"moved":   func(dir string) error { return os.Rename(dir, dir+".old") },
		"removed": os.RemoveAll,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := durableRig(t)
			if r == nil {
				return
			}
			w := r.start()
			r.must(r.room.Fleet.HaltBy(t.Context(), "eve", "a copy is made"))
			o := r.place(minutes("once", "3658B431119665QJ", 10))
			backup := r.room.Backup()
			r.must(r.room.Fleet.Resume(t.Context(), "eve", "made"))
			r.await(o.ID, store.Placed)
			r.must(lose(r.cfg.Journal))
			r.room.RestartFrom(backup)
			r.must(r.room.Fleet.Resume(t.Context(), "eve", "restored"))
			r.eventually("the process has found out", func(ctx context.Context) bool {
				rec, err := w.Recover(ctx)
				if err == nil && rec.Open {
					t.Fatalf("the gate is open: %+v", rec)
				}
				return err != nil
			})
			if n := len(r.committed(o.ID)); n != 1 {
				t.Errorf("%d orders at the portal", n)
			}
			if name == "removed" {
				return
			}
			r.must(os.Rename(r.cfg.Journal+".old", r.cfg.Journal))
			if got := r.await(o.ID, store.Placed); got.Via != store.ViaJournal || len(r.committed(o.ID)) != 1 {
				t.Errorf("put back: placed via %q, %d orders at the portal", got.Via, len(r.committed(o.ID)))
			}
		})
	}
}

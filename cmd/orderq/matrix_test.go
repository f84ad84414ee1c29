//go:build crashpoints && linux

package main_test

import (
	"flag"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"orderq/store/crash"
	"orderq/yeastar/yeastartest"
)

// cell is one death and its recovery.
type cell struct {
	point crash.Point
	fault yeastartest.Fault // strikes the order's own POST once; "": none
	by    string            // who recovers
	echo  bool              // the portal shows our reference
}

// Who recovers.
const (
	bySame  = "same"  // the worker, started again
	byOther = "other" // another worker of the same host, long at work
	byHost  = "host"  // a worker of another host, long at work
)

// none names the portal's behaviour in which nothing goes wrong.
const none yeastartest.Fault = ""

// name is the cell's in -run: Matrix/post-sent/drop_after/same/echo.
func (c cell) name() string {
	fault, echo := string(c.fault), "echo"
	if c.fault == none {
		fault = "none"
	}
	if !c.echo {
		echo = "noecho"
	}
	return strings.Join([]string{string(c.point), fault, c.by, echo}, "/")
}

// What a portal may do with a POST, by what is true afterwards.
var (
	thereUnsaid = []yeastartest.Fault{
		yeastartest.DropAfter, yeastartest.HangAfter, yeastartest.LateCommit, yeastartest.Error500After, yeastartest.Error504After,
		yeastartest.GarbageAfter, yeastartest.HalfAfter, yeastartest.NoNumberAfter, yeastartest.FailCodeAfter, yeastartest.Conflict409,
	}
	absentUnsaid = []yeastartest.Fault{yeastartest.DropBefore, yeastartest.Error500Before}
	refused      = []yeastartest.Fault{yeastartest.Denied401, yeastartest.TooMany429, yeastartest.TooMany429After, yeastartest.Refused400}
	unsaid       = slices.Concat(thereUnsaid, absentUnsaid)
	allFaults    = slices.Concat([]yeastartest.Fault{none}, unsaid, refused)
	// one of each kind.
	kinds = []yeastartest.Fault{
		none, yeastartest.DropAfter, yeastartest.LateCommit, yeastartest.DropBefore, yeastartest.Denied401,
		yeastartest.TooMany429After, yeastartest.Refused400,
	}
	everybody = []string{bySame, byOther, byHost}
)

// row is a point with the portals and rescuers that mean something there.
type row struct {
	point  crash.Point
	faults []yeastartest.Fault
	by     []string
}

func rows() []row {
	return []row{
		// Before the gate a death leaves no trace of an attempt: what the portal does to the POST that comes of
		// the recovery is as without a death, and one fault of each kind is enough to see that it is.
		{crash.AcceptBeforeEnqueue, kinds, everybody},
		{crash.TakeAfter, kinds, everybody},
		{crash.GateBefore, kinds, everybody},
		{crash.GateAfter, allFaults, everybody},
		{crash.JournalAfter, allFaults, everybody},
		{crash.PostSent, allFaults, everybody},
		{crash.AnswerAfter, allFaults, everybody},
		{crash.RecordBefore, allFaults, everybody},
		{crash.RecordAfter, allFaults, everybody},
		{crash.ReconcileAfterList, unsaid, everybody}, // the list is read for an order in doubt alone
		{crash.ResendAfter, absentUnsaid, everybody},  // and an order sent again that was looked for in vain
		{crash.SweepAfterKick, kinds, everybody},
		{crash.VouchAfter, kinds, everybody},
		// A paused process of the same host has not vouched, and keeps the dying one from comparing: by design there
		// is no other that could be long at work.
		{crash.RemakeAfter, allFaults, []string{bySame, byHost}},
		{crash.RecallAfter, allFaults, []string{bySame, byHost}},
		{crash.CompareAfter, allFaults, []string{bySame, byHost}},
		{crash.JoinBeforeNote, kinds, everybody},
	}
}

// cells are all that mean something.
func cells() []cell {
	var all []cell
	for _, r := range rows() {
		for _, fault := range r.faults {
			for _, by := range r.by {
				for _, echo := range []bool{true, false} {
					if c := (cell{r.point, fault, by, echo}); c.means() {
						all = append(all, c)
					}
				}
			}
		}
	}
	return all
}

// means leaves out what cannot happen, and what nobody could get right.
func (c cell) means() bool {
	died := c.point == crash.GateAfter || c.point == crash.JournalAfter
	switch {
	case died && c.fault != none && (!c.echo || c.by == byHost):
		return false // nothing was sent, and without an echo or the dead sender's journal nothing ever is
	case c.point == crash.ResendAfter && !c.echo:
		return false // without an echo a machine sends nothing again
	case c.fault == yeastartest.TooMany429After && !c.echo:
		// A portal that says "too many requests", makes the order and never shows its reference. It is taken at its
		// word: whoever would not could send no order again after a 429.
		return false
	}
	return true
}

func TestEveryCrashPointIsARowOfTheMatrix(t *testing.T) {
	t.Parallel()
	var points []crash.Point
	for _, r := range rows() {
		points = append(points, r.point)
	}
	if !slices.Equal(points, crash.Points()) {
		t.Errorf("the matrix has %v, want each of %v", points, crash.Points())
	}
	if n := len(cells()); n < 400 {
		t.Errorf("the matrix has %d cells, want 400 at least", n)
	}
}

// A worker dies in each gap, under a portal that does each thing, and each rescuer finds what it left. A tenth of the
// cells is run, by the day's seed or MATRIX_SEED; all with MATRIX=all, and all that -run names.
func TestMatrixOfDeathsPortalsAndRescuers(t *testing.T) {
	t.Parallel()
	all := cells()
	chosen := all
	if os.Getenv("MATRIX") != "all" && !strings.Contains(flag.Lookup("test.run").Value.String(), "/") {
		seed := matrixSeed(t)
		order := rand.New(rand.NewPCG(seed, seed)).Perm(len(all))
		chosen = nil
		for _, i := range order[:(len(all)+9)/10] {
			chosen = append(chosen, all[i])
		}
		t.Logf("%d of %d cells, by MATRIX_SEED=%d", len(chosen), len(all), seed)
	}
	for _, c := range chosen {
		t.Run(c.name(), func(t *testing.T) {
			t.Parallel()
			c.run(t)
		})
	}
}

func matrixSeed(t *testing.T) uint64 {
	t.Helper()
	text := os.Getenv("MATRIX_SEED")
	if text == "" {
		return uint64(time.Now().UTC().Unix() / 86400) // the same all day: a red run can be run again
	}
	seed, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		t.Fatalf("MATRIX_SEED: %v", err)
	}
	return seed
}

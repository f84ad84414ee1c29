package prove

import (
	"strings"
	"testing"
	"time"

	"orderq/cmd/internal/oracle"
	"orderq/store"
	"orderq/tasks"
	"orderq/yeastar/yeastartest"
)

// A review is explained only where nobody could know: that is what keeps a run from hiding orders there.
func TestAReviewIsExplainedOnlyWhereNobodyCouldKnow(t *testing.T) {
	t.Parallel()
	id, other := tasks.OrderID("default", "a"), tasks.OrderID("default", "b")
	there := yeastartest.Ledger{Orders: []yeastartest.LedgerOrder{{OrderNo: "EK1", PONumber: id + "-1"}}}
	review := store.Order{ID: id, State: store.Review, Reason: "cannot tell", Attempt: 1}
	// What it waited for when it joined the line has gone; by now another has the claim.
	waits := store.Order{ID: other, State: store.Accepted, WaitingFor: store.WaitClaim, WaitingOn: "oqgone", Target: "pbx"}
	elsewhere := waits
	elsewhere.Target = "another"
	// An order that names what its PBX shall have waits for one of which nobody knows what it added, claim or none.
	adds := store.Order{ID: id, Kind: "expand_extensions", State: store.Review, Reason: "cannot tell", Attempt: 1, Target: "another"}
	counts := store.Order{ID: other, Kind: "expand_extensions", Ensure: 50, State: store.Accepted, WaitingFor: store.WaitTime, Target: "another"}
	countsElsewhere, adding := counts, counts
	countsElsewhere.Target, adding.Ensure = "elsewhere", 0
	for name, c := range map[string]struct {
		records []store.Order
		ledger  yeastartest.Ledger
		echo    bool
		open    int
		review  int
		behind  int
	}{
		"absent, references shown":               {[]store.Order{review}, yeastartest.Ledger{}, true, 0, 1, 0},
		"there, references shown":                {[]store.Order{review}, there, true, 1, 0, 0},
		"there, references hidden":               {[]store.Order{review}, there, false, 0, 1, 0},
		"no reason":                              {[]store.Order{{ID: id, State: store.Review}}, yeastartest.Ledger{}, false, 1, 0, 0},
		"in submitting":                          {[]store.Order{{ID: id, State: store.Submitting, Reason: "x"}}, yeastartest.Ledger{}, false, 1, 0, 0},
		"waits behind it":                        {[]store.Order{review, waits}, yeastartest.Ledger{}, true, 0, 1, 1},
		"waits behind one that is not allowed":   {[]store.Order{review, waits}, there, true, 2, 0, 0},
		"waits with no claim before it":          {[]store.Order{review, elsewhere}, yeastartest.Ledger{}, true, 1, 1, 0},
		"waits behind nobody":                    {[]store.Order{waits}, yeastartest.Ledger{}, true, 1, 0, 0},
		"names a count, one that adds in review": {[]store.Order{adds, counts}, yeastartest.Ledger{}, true, 0, 1, 1},
		"names a count, of another PBX":          {[]store.Order{adds, countsElsewhere}, yeastartest.Ledger{}, true, 1, 1, 0},
		"names a count, minutes in review":       {[]store.Order{review, counts}, yeastartest.Ledger{}, true, 1, 1, 0},
		"adds itself":                            {[]store.Order{adds, adding}, yeastartest.Ledger{}, true, 1, 1, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var rep Report
			var ids []string
			for _, o := range c.records {
				ids = append(ids, o.ID)
			}
			rep.explain(oracle.Judge(ids, c.records, c.ledger), c.records, map[string]string{"pbx": id}, c.ledger, c.echo)
			if n := rep.Verdict.Count(oracle.Open); n != c.open || len(rep.Review) != c.review || rep.Behind != c.behind {
				t.Errorf("%d open, %d in review, %d behind; want %d, %d, %d", n, len(rep.Review), rep.Behind, c.open, c.review, c.behind)
			}
		})
	}
}

func TestAHistoryThatIsNoWayThroughTheTableIsFoundOut(t *testing.T) {
	t.Parallel()
	way := []store.Entry{{To: store.Accepted}, {From: store.Accepted, To: store.Preparing}, {From: store.Preparing, To: store.Preparing}, {From: store.Preparing, To: store.Submitting}}
	if text := impossible(store.Order{State: store.Submitting}, way); text != "" {
		t.Error(text)
	}
	for name, h := range map[string][]store.Entry{
		"a jump":    {{To: store.Accepted}, {From: store.Accepted, To: store.Submitting}},
		"a gap":     {{To: store.Accepted}, {From: store.Preparing, To: store.Submitting}},
		"its end":   way[:2],
		"unwritten": nil,
	} {
		if impossible(store.Order{State: store.Submitting}, h) == "" {
			t.Errorf("%s passes", name)
		}
	}
}

func TestRecoveryIsMeasuredFromTheDeathOfTheWorkerThatHadTheOrder(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	h := map[string][]store.Entry{
		"a": {{At: at.Add(9 * time.Second), Reason: "its worker vm-1-77-0123abcd is gone"}, {At: at.Add(20 * time.Second), Reason: "other"}},
		"b": {{At: at.Add(3 * time.Second), Reason: "its worker vm-1-77-0123abcd is gone"}, {At: at, Reason: "its worker vm-1-78-0123abcd is gone"}},
	}
	got := recoveries(h, map[int]time.Time{77: at})
	if want := (Spread{N: 2, Median: 3, P95: 3, Max: 9}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}

func TestTheReportFitsEightyColumnsAndSaysWhatToDo(t *testing.T) {
	t.Parallel()
	rep := Report{Seed: 7, Attacks: map[Attack]int{Kill: 3}, Faults: map[yeastartest.Fault]int{yeastartest.DropAfter: 4},
		Review: []Reviewed{{"oq1", 1, 0, "not in the portal's list at the horizon, but its sender vm-1-2 is not proved finished"}, {"oq2", 1, 0, "not in the portal's list at the horizon, but its sender vm-3-4 is not proved finished"}},
		Wrong:  []string{"order oq1: its history"}, Evidence: "/tmp/x", Again: "orderq prove --seed 7"}
	text := rep.Text()
	for line := range strings.Lines(text) {
		if len(strings.TrimRight(line, "\n")) > 80 {
			t.Errorf("%d columns: %s", len(line), line)
		}
	}
	for _, want := range []string{"2 not at the portal: not in the portal's list", "WRONG: order oq1", "NOT CLEAN, seed 7", "Repeat it: orderq prove --seed 7", "kill a worker"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in\n%s", want, text)
		}
	}
	rep = Report{Clean: true, Seed: 7}
	if text := rep.Text(); !strings.Contains(text, "CLEAN in") || strings.Contains(text, "NOT CLEAN") {
		t.Error(text)
	}
}

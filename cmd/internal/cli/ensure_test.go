package cli

import (
	"encoding/json"
	"strings"
	"testing"

	"orderq/store"
	"orderq/store/storetest"
	"orderq/yeastar/yeastartest"
)

// fortyDesk is a desk whose PBXs have 40 extensions each.
func fortyDesk(t *testing.T) *desk {
	t.Helper()
	return deskIn(t, storetest.Embedded(t), yeastartest.Options{Extensions: func(string, int) int { return 40 }})
}

func bring(n string, more ...string) []string {
	return append([]string{"order", "place", "--kind", "expand_extensions", "--product-no", yeastartest.TutorialExpandPBX, "--ensure", n}, more...)
}

func TestAPBXIsBroughtToANumberAndAskedAgainIsDone(t *testing.T) {
	t.Parallel()
	d := fortyDesk(t)
	d.worker()
	o := order(t, d.must(exitDone, bring("50", "--wait", "30s", "--json")...).out)
	if o.State != store.Placed || o.Quantity != 10 || o.Ensure != 50 {
		t.Errorf("%+v", o)
	}
	got := d.must(exitDone, bring("50", "--reference", "again", "--wait", "30s")...)
	says(t, got.err, "again  rejected as satisfied: nothing to order")
	says(t, strings.Join(strings.Fields(got.out), " "), "PBX 3658B431119665QJ has 50 extensions: nothing to order", "code satisfied", "expand_extensions to 50 on 3658B431119665QJ")
	d.must(exitDone, "order", "wait", "again", "--timeout", "0s")
	d.must(exitDone, bring("50", "--reference", "again")...)
	says(t, d.must(exitDone, "order", "list").out, "satisfied")
	file := `{"reference":"f1","kind":"expand_extensions","productNo":"` + yeastartest.TutorialExpandPBX + `","ensure":45}` + "\n"
	if got := d.runWith(file, "order", "place", "--file", "-", "--wait", "30s"); got.code != exitDone {
		t.Errorf("a file of satisfied orders exits %d: %s%s", got.code, got.out, got.err)
	}
	if n := len(d.portal.Ledger().Orders); n != 1 {
		t.Errorf("the portal has %d orders", n)
	}
}

func TestADryRunSaysWhatAnEnsureWouldOrderNow(t *testing.T) {
	t.Parallel()
	d := fortyDesk(t)
	says(t, d.must(exitDone, bring("50", "--dry-run")...).out, "10 extensions on "+yeastartest.TutorialExpandPBX, "40, wants 50: orders 10", `"quantity": 10`)
	got := d.must(exitDone, bring("40", "--dry-run")...)
	says(t, got.out, "nothing: "+yeastartest.TutorialExpandPBX+" has 40 extensions, and 40 are wanted", "Nothing was written or ordered.")
	var r map[string]any
	if err := json.Unmarshal([]byte(d.must(exitDone, bring("40", "--dry-run", "--json")...).out), &r); err != nil || r["ensure"] != 40.0 || r["extensions"] != 40.0 || r["quantity"] != 0.0 || r["request"] != nil {
		t.Errorf("%v, %v", r, err)
	}
	d.portal.SetCapacity(yeastartest.ShowsNone)
	says(t, d.must(exitRejected, bring("50", "--dry-run", "--plan", "Enterprise Plan", "--billing-cycle", "annually")...).err, "the portal does not show how many extensions", "say quantity")
}

func TestAnEnsureIsRefusedInTheWordsOfTheFlags(t *testing.T) {
	t.Parallel()
	d := fortyDesk(t)
	for _, c := range []struct {
		args []string
		want string
	}{
		{bring("50", "--quantity", "5"), "--ensure 50: quantity is given too; say one of them"},
		{bring("501"), "--ensure 501: a PBX holds at most 500 extensions"},
		{bring("many"), `--ensure "many": must be a whole number`},
		{[]string{"order", "place", "--kind", "add_recording_minutes", "--product-no", yeastartest.TutorialExpandPBX, "--ensure", "50"}, "--ensure 50: the portal does not show how many minutes"},
	} {
		says(t, d.must(exitUsage, c.args...).err, c.want)
	}
}

func TestABatchOfEnsuresIsPlannedAppliedAndDone(t *testing.T) {
	t.Parallel()
	d := fortyDesk(t)
	d.worker()
	pbxs := d.portal.PBXs()
	file := d.file("pbxs.csv", "SN,Kind,Target\n"+pbxs[0].ProductNo+",expand_extensions,50\n"+pbxs[1].ProductNo+",expand_extensions,40\n")
	says(t, d.must(exitDone, "batch", "plan", file).out, "has 40, wants 50", "satisfied: ensure 40:", "1 row whose PBX has what it asks for")
	got := d.must(exitDone, "batch", "apply", "--yes", file, "--wait")
	says(t, got.out, "1 placed, 1 satisfied")
	says(t, d.must(exitDone, "batch", "results", "pbxs").out, "nothing to order")
	says(t, d.must(exitDone, "batch", "status", "pbxs", "--json").out, `"satisfied":1`)
	says(t, d.must(exitDone, "batch", "retry", "pbxs", "--by", "anna", "--note", "once more").err, "0 orders made")
}

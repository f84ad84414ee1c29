package prove

import (
	"fmt"
	"strings"
	"testing"

	"orderq/store"
	"orderq/tasks"
	"orderq/yeastar"
	"orderq/yeastar/yeastartest"
)

func TestAnOrderThatOvershootsIsFound(t *testing.T) {
	t.Parallel()
	pbx := yeastartest.PBX{ProductNo: "pbx", Extensions: 20}
	ensure := tasks.Intent{Reference: "e", Kind: "expand_extensions", ProductNo: "pbx", Ensure: 25}.Normalise()
	adds := tasks.Intent{Reference: "a", Kind: "expand_extensions", ProductNo: "pbx", Quantity: 1}.Normalise()
	n := 0
	order := func(in tasks.Intent, quantity int) yeastartest.LedgerOrder {
		n++
		return yeastartest.LedgerOrder{OrderNo: fmt.Sprint("EK", n), ProductNo: "pbx", PONumber: in.ID() + "-1 PO-7", Quantity: quantity,
			ServiceID: yeastartest.ExtensionsID.String(), Status: yeastar.StatusSucceed}
	}
	byHand := order(adds, 3)
	byHand.ByHand, byHand.PONumber = true, ""
	minutes := order(adds, 100)
	minutes.ServiceID = yeastartest.RecordingID.String()
	unpaid := order(adds, 10)
	unpaid.Status = "PENDING"
	for name, c := range map[string]struct {
		orders []yeastartest.LedgerOrder
		wrong  int
	}{
		"exactly":                        {[]yeastartest.LedgerOrder{order(ensure, 5)}, 0},
		"what others of ours add before": {[]yeastartest.LedgerOrder{order(adds, 1), minutes, order(ensure, 4)}, 0},
		"what they add behind":           {[]yeastartest.LedgerOrder{order(ensure, 5), order(adds, 1)}, 0},
		"on an old reading":              {[]yeastartest.LedgerOrder{order(adds, 1), order(ensure, 5)}, 1},
		"twice":                          {[]yeastartest.LedgerOrder{order(ensure, 5), order(ensure, 5)}, 1},
		"somebody added by hand":         {[]yeastartest.LedgerOrder{byHand, order(ensure, 5)}, 0},
		"what is not in force":           {[]yeastartest.LedgerOrder{unpaid, order(ensure, 5)}, 0},
	} {
		wrong := overshot([]tasks.Intent{ensure, adds}, []yeastartest.PBX{pbx}, c.orders)
		if len(wrong) != c.wrong || c.wrong > 0 && !strings.Contains(wrong[0], ensure.ID()) {
			t.Errorf("%s: %q", name, wrong)
		}
	}
}

func TestOrdersThatNameACountAreCounted(t *testing.T) {
	t.Parallel()
	bought, satisfied := ensures([]store.Order{
		{State: store.Placed}, {State: store.Placed, Ensure: 5}, {State: store.Review, Ensure: 5},
		{State: store.Rejected, Ensure: 5, Code: store.CodeSatisfied}, {State: store.Rejected, Ensure: 5},
	})
	if bought != 1 || satisfied != 1 {
		t.Errorf("%d bought, %d satisfied", bought, satisfied)
	}
}

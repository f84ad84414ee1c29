package prove

import (
	"fmt"
	"strings"

	"orderq/store"
	"orderq/tasks"
	"orderq/yeastar"
	"orderq/yeastar/yeastartest"
)

// ensured says which of a run's orders for extensions name what their PBX shall have in the end: one of seven. The
// others add one each.
func ensured(i int) bool { return i/5%7 == 3 }

// targetOf is what such an order asks for, when its PBX has had so many orders: by turns some more than those can have
// come to, and less, so that it finds what it asks for.
func targetOf(i, before int, p yeastartest.PBX) int {
	more := before + 3
	if i/35%2 == 1 {
		more = before / 3
	}
	return min(p.Extensions+more, yeastartest.MaxExtensions)
}

// overshot says which orders brought their PBX above what they name, going through the portal's orders as it took them:
// sent twice, or computed from a reading that another order of ours had overtaken. Nothing is said of a PBX for which
// somebody has added by hand: what they do between a reading and an order nobody can know.
func overshot(all []tasks.Intent, began []yeastartest.PBX, orders []yeastartest.LedgerOrder) (wrong []string) {
	have := map[string]int{}
	for _, p := range began {
		have[p.ProductNo] = p.Extensions
	}
	targets := map[string]int{}
	for _, in := range all {
		if in.Ensure > 0 {
			targets[in.ID()] = in.Ensure
		}
	}
	byHand := map[string]bool{}
	for _, l := range orders {
		if l.ServiceID != yeastartest.ExtensionsID.String() || l.Status != yeastar.StatusSucceed {
			continue
		}
		have[l.ProductNo] += l.Quantity
		byHand[l.ProductNo] = byHand[l.ProductNo] || l.ByHand
		word, _, _ := strings.Cut(l.PONumber, " ")
		id, _, _ := tasks.SplitReference(word)
		if target := targets[id]; target > 0 && have[l.ProductNo] > target && !byHand[l.ProductNo] {
			wrong = append(wrong, fmt.Sprintf("order %s was to bring %s to %d extensions and brought it to %d, with portal order %s",
				id, l.ProductNo, target, have[l.ProductNo], l.OrderNo))
		}
	}
	return wrong
}

// ensures counts the orders that name what their PBX shall have: those that bought something for it, and those that
// found that it had it.
func ensures(records []store.Order) (bought, satisfied int) {
	for _, o := range records {
		switch {
		case o.Ensure == 0:
		case o.State == store.Placed:
			bought++
		case o.Satisfied():
			satisfied++
		}
	}
	return bought, satisfied
}

package bench

import "testing"

func TestAPortalWithoutExactlyTheOrdersIsNoMeasurement(t *testing.T) {
	t.Parallel()
	list, err := orders(3)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, o := range list {
		if seen[o.id] || seen[o.intent.ProductNo] {
			t.Errorf("order %s for %s is not the only one", o.id, o.intent.ProductNo)
		}
		seen[o.id], seen[o.intent.ProductNo] = true, true
	}
	for name, made := range map[string][]string{
		"twice":    {list[0].poNumber, list[1].poNumber, list[2].poNumber, list[2].poNumber},
		"instead":  {list[0].poNumber, list[1].poNumber, list[1].poNumber},
		"missing":  {list[0].poNumber, list[1].poNumber},
		"another":  {list[0].poNumber, list[1].poNumber, list[2].poNumber, "somebody else's"},
		"complete": {list[2].poNumber, list[0].poNumber, list[1].poNumber},
	} {
		if err := compare(made, list); (err == nil) != (name == "complete") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

package tasks

import (
	"strings"
	"testing"
)

func TestTheTableOfKindsIsWhole(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, k := range Kinds() {
		if seen[k.Name] {
			t.Errorf("%s is there twice", k.Name)
		}
		seen[k.Name] = true
		if k.Title == "" || k.Unit == "" || k.OperationType == "" || k.ProductID == 0 || k.ServiceType == "" ||
			k.PurchaseType == "" || len(k.ServiceNames) == 0 || k.MinQuantity < 1 || k.MaxQuantity < k.MinQuantity {
			t.Errorf("%s lacks something: %+v", k.Name, k)
		}
		for _, other := range Kinds() {
			for _, a := range k.ServiceNames {
				for _, b := range other.ServiceNames {
					if k.Name != other.Name && strings.EqualFold(a, b) {
						t.Errorf("%s and %s would both take the service %s", k.Name, other.Name, a)
					}
				}
			}
		}
		if got, ok := KindOf(k.Name); !ok || got.Name != k.Name {
			t.Errorf("KindOf(%s) = %+v, %v", k.Name, got, ok)
		}
	}
	for _, name := range []string{"expand_extensions", "add_recording_minutes", "subscribe_ha"} {
		if !seen[name] {
			t.Errorf("%s is missing", name)
		}
	}
	if _, ok := KindOf("EXPAND_EXTENSIONS"); ok {
		t.Error("kinds are compared exactly")
	}
}

func TestACallerCannotChangeTheTable(t *testing.T) {
	t.Parallel()
	kinds := Kinds()
	kinds[0].ServiceNames[0], kinds[0].MaxQuantity = "something else", 9
	if k := Kinds()[0]; k.ServiceNames[0] == "something else" || k.MaxQuantity == 9 {
		t.Error("the table was changed")
	}
}

package tasks

import (
	"fmt"
	"slices"
	"strings"
)

// QuantityRule says what an order's quantity counts at the portal.
type QuantityRule int

const (
	// Increment: how many to add to what the PBX has. The caller must say.
	Increment QuantityRule = iota
	// CurrentExtensions: how many extensions the PBX has now, because the service is charged per
	// extension. The caller may leave it out where the portal shows the number.
	CurrentExtensions
)

// MaxExtensions is how many extensions one P-Series Cloud PBX can have
// (tutorial "expand extensions or call recording minutes", note on quantity).
const MaxExtensions = 500

// Kind is a row of the table of what can be ordered: how a wish in a caller's words is said to the portal.
type Kind struct {
	Name          string // the intent's kind
	Title         string // for people
	Unit          string // what quantity counts, plural
	OperationType string // the portal's words, as its tutorials give them
	ProductID     int
	ServiceType   string
	PurchaseType  string
	BillingModel  string
	MultiCycle    int
	// ServiceNames are names under which the portal may show the service, in order of preference,
	// compared without regard to case and space.
	ServiceNames   []string
	NeedsProductNo bool
	Quantity       QuantityRule
	MinQuantity    int
	MaxQuantity    int
	// Ensures: the portal shows how many of the unit a PBX has, so that an order may name what it shall have
	// in the end (Intent.Ensure) instead of what to add.
	Ensures bool
	// CapTotal is the most a PBX may have of the unit after the order; 0: no such limit.
	CapTotal int
}

// Kinds is the table, in the order of the contract.
//
// Source: the portal's tutorials "expand extensions or call recording minutes" and "subscribe to high
// availability" for P-Series Cloud PBX (PCE Instance), product 13.
func Kinds() []Kind { return kindTable() }

// kinds is the table for our own look-ups, made once; it never leaves this file but for copies of rows.
var kinds = kindTable()

func kindTable() []Kind {
	pce := Kind{
		OperationType: "purchase_service", ProductID: 13, ServiceType: "service", PurchaseType: "purchase",
		BillingModel: "recurring", MultiCycle: 0, NeedsProductNo: true, MinQuantity: 1,
	}
	extensions, minutes, ha := pce, pce, pce

	extensions.Name, extensions.Title, extensions.Unit = "expand_extensions", "Expand extensions", "extensions"
	extensions.ServiceNames = []string{"Extension Expansion", "Extensions Expansion", "Expand Extensions", "Extension", "Extensions"}
	extensions.MaxQuantity, extensions.CapTotal, extensions.Ensures = MaxExtensions, MaxExtensions, true

	minutes.Name, minutes.Title, minutes.Unit = "add_recording_minutes", "Add call recording minutes", "minutes"
	minutes.ServiceNames = []string{"Recording Minutes", "Call Recording Minutes", "Recording", "Call Recording"}
	minutes.MaxQuantity = maxQuantity

	ha.Name, ha.Title, ha.Unit = "subscribe_ha", "Subscribe to High Availability", "extensions"
	ha.ServiceNames = []string{"High Availability", "High Availability Service", "HA"}
	ha.Quantity, ha.MaxQuantity = CurrentExtensions, MaxExtensions

	return []Kind{extensions, minutes, ha}
}

// KindOf finds a row by its exact name.
func KindOf(name string) (Kind, bool) {
	for _, k := range kinds {
		if k.Name == name {
			k.ServiceNames = slices.Clone(k.ServiceNames)
			return k, true
		}
	}
	return Kind{}, false
}

func kindNames() []string {
	var names []string
	for _, k := range kinds {
		names = append(names, k.Name)
	}
	return names
}

// unknownKind is the message for a kind that is not in the table.
func unknownKind(name string) string {
	choices := "say " + strings.Join(kindNames(), ", ")
	// Five slips: kinds are long and their names far apart, "expand_extension" and "add_recording_mins"
	// are the mistakes to be expected.
	squeezed := strings.NewReplacer("-", "_", " ", "_").Replace(name)
	if near := Near(squeezed, kindNames(), 5, 1); len(near) > 0 {
		return fmt.Sprintf("no such kind, did you mean %s? %s", near[0], choices)
	}
	return "no such kind; " + choices
}

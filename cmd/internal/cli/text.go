package cli

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"orderq/cmd/internal/office"
	"orderq/store"
)

func clock(t time.Time) string { return office.Clock(t) }

// describe says in a few words where an order stands and what it waits for.
func describe(o store.Order) string {
	text := string(o.State)
	if o.OrderNo != "" {
		text += " as " + o.OrderNo
	}
	if o.Satisfied() {
		text += " as satisfied: nothing to order"
	}
	if w := waits(o); w != "" {
		text += ", waits " + w
	}
	return text
}

// waits says what an order waits for, as what follows "waits".
func waits(o store.Order) string { return office.Waits(o) }

// wants says what an order is for: "add_recording_minutes 1000 on 3658B431119665QJ", "expand_extensions 10 to 50 on …".
func wants(o store.Order) string {
	text := o.Kind
	if o.Quantity > 0 {
		text += " " + strconv.Itoa(o.Quantity)
	}
	if o.Ensure > 0 {
		text += " to " + strconv.Itoa(o.Ensure)
	}
	if o.ProductNo != "" {
		text += " on " + o.ProductNo
	}
	return text
}

// showOrder writes an order for people.
func (a *app) showOrder(o store.Order) {
	a.say("%-14s%s", "state", a.paint(o.State))
	if w := waits(o); w != "" {
		a.field("", "waits "+w)
	}
	a.field("reason", o.Reason)
	a.field("order no", o.OrderNo)
	a.field("transaction", o.TransactionNo)
	a.field("at the portal", join(", ", o.OrderStatus, tagged("instance", o.InstanceID), tagged("known by", string(o.Via))))
	if len(o.Duplicates) > 0 {
		a.field("DUPLICATES", strings.Join(o.Duplicates, ", ")+" bear this order's reference too: have the portal cancel them")
	}
	a.field("wants", wants(o))
	if o.Plan == "" {
		a.field("billed", o.BillingCycle)
	} else {
		a.field("plan", join(", ", o.Plan, o.BillingCycle))
	}
	a.field("invoice to", o.BillingContact)
	a.field("id", o.ID)
	a.field("reference", o.Reference)
	a.field("account", o.Account)
	a.field("batch", o.Batch)
	a.field("po number", o.PONumber)
	a.field("labels", labels(o.Labels))
	a.field("code", o.Code)
	a.field("request", o.RequestID)
	a.field("by", o.By)
	if o.Attempt > 0 {
		a.field("attempts", strconv.Itoa(o.Attempt))
	}
	a.field("accepted", clock(o.AcceptedAt))
	a.field("not before", clock(o.NotBefore))
	a.field("submitted", clock(o.SubmittedAt))
	a.field("finished", clock(o.FinishedAt))
	a.field("updated", fmt.Sprintf("%s (version %d)", clock(o.UpdatedAt), o.Version))
}

// result writes an order as JSON or for people, with a blank line between two of them.
func (a *app) result(o store.Order, first bool) error {
	if a.json {
		return a.emit(o)
	}
	if !first {
		a.say("")
	}
	a.showOrder(o)
	return nil
}

func labels(m map[string]string) string {
	var parts []string
	for _, k := range slices.Sorted(maps.Keys(m)) {
		parts = append(parts, k+"="+m[k])
	}
	return strings.Join(parts, ", ")
}

func tagged(tag, value string) string {
	if value == "" {
		return ""
	}
	return tag + " " + value
}

func join(between string, parts ...string) string {
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), between)
}

// short is a duration for people: 8s, 3m, 2h10m, 5d.
func short(d time.Duration) string {
	switch {
	case d < 0:
		return "0s"
	case d < time.Minute:
		return d.Truncate(time.Second).String()
	case d < time.Hour:
		return fmt.Sprintf("%dm", d/time.Minute)
	case d < 48*time.Hour && d%time.Hour >= time.Minute:
		return fmt.Sprintf("%dh%dm", d/time.Hour, d%time.Hour/time.Minute)
	case d < 48*time.Hour:
		return fmt.Sprintf("%dh", d/time.Hour)
	}
	return fmt.Sprintf("%dd", d/(24*time.Hour))
}

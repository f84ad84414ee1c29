package demo

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"orderq/tasks"
	"orderq/yeastar/yeastartest"
)

// planned is one order to come, and what will go wrong with it.
type planned struct {
	intent tasks.Intent
	fault  yeastartest.Fault // strikes the first request for its PBX; "": none
}

// Faults that leave no order behind, and one each that strikes when the order stands. Those that go by
// chance would not show each kind in two hundred orders.
func faultsBefore() []yeastartest.Fault {
	return []yeastartest.Fault{
		yeastartest.DropBefore, yeastartest.TooMany429, yeastartest.Error500Before, yeastartest.Denied401,
		yeastartest.HangBefore, yeastartest.Redirect307, yeastartest.Error502Before, yeastartest.FailCodeBefore,
	}
}

func faultsAfter() []yeastartest.Fault {
	return []yeastartest.Fault{
		yeastartest.DropAfter, yeastartest.Error500After, yeastartest.HangAfter, yeastartest.GarbageAfter,
		yeastartest.LateCommit, yeastartest.HalfAfter, yeastartest.FailCodeAfter, yeastartest.Error504After,
		yeastartest.NoNumberAfter, yeastartest.HTMLAfter, yeastartest.DisagreeAfter, yeastartest.EmptyAfter,
	}
}

const (
	// faultEvery is how many orders there are to one fault. Fewer, and five failures in a row would open
	// the breaker long before the outage does.
	faultEvery = 4
	// leastPBXs and leastOrders leave room for one of each scene.
	leastPBXs, leastOrders = 20, 40
)

// early is how many of the first orders come before the outage begins: those that have a fault which leaves
// no order behind. They must have the time to be proved absent.
func early(orders int) int { return min(faultEvery*len(faultsBefore()), orders/4) }

// plan makes the orders. The first two are the tutorials'; of the rest each PBX gets its share in turn.
func plan(seed int64, orders int, pbxs []yeastartest.PBX) []planned {
	d := rand.New(rand.NewPCG(uint64(seed), 0x6f7264657271))
	all := []planned{
		{intent: tasks.Intent{Kind: "add_recording_minutes", ProductNo: yeastartest.TutorialExpandPBX, Quantity: 1000,
			Plan: "Enterprise Plan", BillingCycle: "annually", BillingContact: "billing@example.com"}},
		{intent: tasks.Intent{Kind: "subscribe_ha", ProductNo: yeastartest.TutorialHAPBX,
			Plan: "Enterprise Plan", BillingCycle: "annually", BillingContact: "billing@example.com"}},
	}
	pbxs = slices.Clone(others(pbxs))
	d.Shuffle(len(pbxs), func(i, j int) { pbxs[i], pbxs[j] = pbxs[j], pbxs[i] })
	before, after := faultsBefore(), faultsAfter()
	for n := 0; len(all) < orders; n++ {
		p := planned{intent: wish(d, pbxs[n%len(pbxs)], n/len(pbxs))}
		if n%faultEvery == 2 {
			switch strike := n / faultEvery; {
			case n < early(orders) && n < len(pbxs):
				p.fault = before[strike%len(before)]
			default:
				p.fault = after[strike%len(after)]
			}
		}
		all = append(all, p)
	}
	for i := range all {
		all[i].intent.Reference = fmt.Sprintf("demo-%03d", i+1)
	}
	return all
}

// wish is what is ordered for a PBX on its round. HA is charged by extension, so a PBX that gets it is not
// expanded: what the portal wants as quantity would be another number by then.
func wish(d *rand.Rand, p yeastartest.PBX, round int) tasks.Intent {
	// With few PBXs some orders look like others, and nobody is here to say that both are wanted.
	in := tasks.Intent{ProductNo: p.ProductNo, Labels: map[string]string{"demo": "1"}, AllowDuplicate: true}
	switch haLater := !p.HA && len(p.Name)%2 == 0; {
	case haLater && round == 0:
		in.Kind = "subscribe_ha"
	case haLater || (d.IntN(2)+round)%2 == 0:
		in.Kind, in.Quantity = "add_recording_minutes", 500*(1+d.IntN(6))
	default:
		in.Kind, in.Quantity = "expand_extensions", 1+d.IntN(10)
	}
	switch d.IntN(4) { // what may be left out is left out by some
	case 0:
		in.Plan = p.Plan
	case 1:
		in.BillingCycle = p.BillingCycle
	case 2:
		in.BillingContact = "accounts@example.com"
	}
	return in
}

// others are the PBXs that are not the tutorials' and not kept back for somebody else's orders by hand.
func others(pbxs []yeastartest.PBX) []yeastartest.PBX { return pbxs[2 : len(pbxs)-byHand] }

// byHand is how many orders somebody else makes at the portal meanwhile, each for a PBX of its own.
const byHand = 3

// mistake is an order that cannot be right.
type mistake struct {
	what   string
	intent tasks.Intent
}

// mistakes makes one of each kind that people make.
func mistakes(pbxs []yeastartest.PBX) []mistake {
	some := others(pbxs)
	p := some[0]
	with := func(change func(*tasks.Intent)) tasks.Intent {
		in := tasks.Intent{Kind: "add_recording_minutes", ProductNo: p.ProductNo, Quantity: 500}
		change(&in)
		return in
	}
	other := "monthly"
	if p.BillingCycle == other {
		other = "annually"
	}
	all := []mistake{
		{"0 recording minutes", with(func(in *tasks.Intent) { in.Quantity = 0 })},
		{"an unknown kind", with(func(in *tasks.Intent) { in.Kind = "expand_extension" })},
		{"a PBX's 501st extension", with(func(in *tasks.Intent) {
			in.Kind, in.Quantity = "expand_extensions", yeastartest.MaxExtensions+1-p.Extensions
		})},
		{"a serial number mistyped", with(func(in *tasks.Intent) { in.ProductNo = mistyped(pbxs, p.ProductNo) })},
		{"a billing cycle changed", with(func(in *tasks.Intent) { in.BillingCycle = other })},
		{"a plan that is not on offer", with(func(in *tasks.Intent) { in.Plan = "Gold Plan" })},
	}
	if i := slices.IndexFunc(some, func(p yeastartest.PBX) bool { return p.HA }); i >= 0 {
		all = append(all, mistake{"HA for a PBX that has it", with(func(in *tasks.Intent) {
			in.Kind, in.ProductNo, in.Quantity = "subscribe_ha", some[i].ProductNo, 0
		})})
	}
	for i := range all {
		all[i].intent.Reference = fmt.Sprintf("demo-wrong-%d", i+1)
	}
	return all
}

// mistyped changes the last character to one that makes no other PBX's number.
func mistyped(pbxs []yeastartest.PBX, no string) string {
	for _, c := range "0O1I2Z" {
		wrong := no[:len(no)-1] + string(c)
		if !slices.ContainsFunc(pbxs, func(p yeastartest.PBX) bool { return p.ProductNo == wrong }) {
			return wrong
		}
	}
	return no + "X"
}

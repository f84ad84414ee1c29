package worker

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"orderq/store"
	"orderq/store/journal"
	"orderq/yeastar"
)

// fuzzDeadline is any.
var fuzzDeadline = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// sightFrom makes a sight of numbers, so that every mixture can come.
func sightFrom(facts uint32, after, settle int64, bearing, fits, maybe, rivals, resends uint8) sight {
	numbers := func(prefix string, n uint8) (out []string) {
		for i := range n % 4 {
			out = append(out, fmt.Sprint(prefix, i))
		}
		return out
	}
	pick := func(bit, of int) int { return int(facts>>bit&3) % of }
	s := sight{
		now: fuzzDeadline.Add(time.Duration(after)), settle: time.Duration(settle),
		absent: []OnAbsent{Auto, ToReview, Resubmit, ""}[pick(0, 4)], counts: facts&4 != 0, echo: echo(pick(3, 3)),
		sender: []journal.Standing{journal.SenderAbsent, journal.SenderAlive, journal.SenderFinished}[pick(5, 3)],
		rivals: int(rivals % 4), bearing: numbers("B", bearing), fits: numbers("F", fits), maybe: numbers("M", maybe),
	}
	s.order.State = []store.State{store.Unknown, store.Review, store.Submitting}[pick(7, 3)]
	s.order.Evidence.Deadline, s.order.Evidence.Resends = fuzzDeadline, int(resends%3)
	return s
}

// shown is a sight for a message: what judge goes by.
func shown(s sight) string {
	return fmt.Sprintf("%s, sent again %d times, now %s after its deadline of %s; on-absent %q, bearing %v, fits %v, maybe %v, counts %v, echo %d, rivals %d, sender %s",
		s.order.State, s.order.Evidence.Resends, s.now.Sub(fuzzDeadline), s.settle, s.absent, s.bearing, s.fits, s.maybe, s.counts, s.echo, s.rivals, s.sender)
}

// FuzzJudge: whatever is seen of an order in doubt, each finding has all that it needs, and to see more of what
// looks like the order, or to know less of what speaks for its absence, never makes it absent.
func FuzzJudge(f *testing.F) {
	const minutes = int64(time.Minute)
	const absent, unproved = uint32(2<<5 | 1<<3 | 1<<2), uint32(2<<5 | 2<<3 | 1<<2)
	for n := range uint8(4) {
		for _, facts := range []uint32{absent, unproved, absent | 1, absent | 2, absent &^ 4, absent | 1<<7, 1<<3 | 1<<2} {
			f.Add(facts, 10*minutes, 10*minutes, uint8(0), n, uint8(0), uint8(0), uint8(0))
			f.Add(facts, 10*minutes-1, 10*minutes, uint8(0), uint8(0), n, uint8(0), uint8(0))
			f.Add(facts, 10*minutes, 10*minutes, uint8(0), uint8(1), n, uint8(0), uint8(0))
			f.Add(facts, 10*minutes, 10*minutes, uint8(0), uint8(1), uint8(0), n, uint8(0))
			f.Add(facts, 40*minutes, 10*minutes, n, uint8(1), uint8(0), n, uint8(0))
			f.Add(facts, 40*minutes, 10*minutes, uint8(0), uint8(0), uint8(0), uint8(0), n)
		}
	}
	f.Add(absent, int64(1<<62), int64(1<<62), uint8(0), uint8(0), uint8(0), uint8(0), uint8(0))
	f.Fuzz(func(t *testing.T, facts uint32, after, settle int64, bearing, fits, maybe, rivals, resends uint8) {
		if settle < 0 {
			return // the configuration takes none
		}
		s := sightFrom(facts, after, settle, bearing, fits, maybe, rivals, resends)
		got, why := judge(s)
		if missing := lacking(s, got); missing != "" {
			t.Fatalf("%s (%s), and %s: %s", got, why, missing, shown(s))
		}
		if why == "" && s.order.State != store.Review {
			t.Fatalf("%s without a reason: %s", got, shown(s))
		}
		for what, other := range further(s) {
			if then, _ := judge(other); got != isAbsent && then == isAbsent {
				t.Fatalf("%s, but absent with %s: %s", got, what, shown(s))
			}
		}
	})
}

// lacking says what a finding needs and does not have.
func lacking(s sight, f finding) string {
	over := !s.now.Before(fuzzDeadline.Add(s.settle))
	machine := s.order.State != store.Review
	looks := len(s.fits) + len(s.maybe)
	need := map[string]bool{}
	switch f {
	case again:
		need["a row bears its reference"] = len(s.bearing) == 0
	case found:
		need["not one row bears its reference"] = len(s.bearing) == 1
	case several:
		need["no two rows bear its reference"] = len(s.bearing) > 1
	case matched:
		need["the portal shows references"] = s.echo != echoShown
		need["not exactly one row fits"] = len(s.fits) == 1 && len(s.maybe) == 0
		need["others of ours may be that row"] = s.rivals == 0
	case isAbsent:
		need["a row looks like it"] = looks == 0
		need["its sender may still send"] = s.sender == journal.SenderFinished
		need["it was sent again before"] = s.order.Evidence.Resends == 0
		need["nobody allows it"] = s.absent != ToReview && (s.echo == echoShown || s.absent == Resubmit)
	}
	if f == matched || f == isAbsent {
		need["the reading does not count"] = s.counts
	}
	if f == matched || f == isAbsent || f == forPerson {
		need["a row bears its reference"] = len(s.bearing) == 0
		need["the horizon is not over"] = over
		need["a person has it already"] = machine
	}
	for what, there := range need {
		if !there {
			return what
		}
	}
	return ""
}

// further gives the same sight with one thing more against absence each.
func further(s sight) map[string]sight {
	change := func(how func(*sight)) sight {
		s.fits, s.maybe, s.bearing = slices.Clone(s.fits), slices.Clone(s.maybe), slices.Clone(s.bearing)
		other := s
		how(&other)
		return other
	}
	return map[string]sight{
		"one more that fits":         change(func(s *sight) { s.fits = append(s.fits, "X"); s.maybe = append(s.maybe, "Y") }),
		"one more that may":          change(func(s *sight) { s.maybe = append(s.maybe, "X") }),
		"a reading that is not one":  change(func(s *sight) { s.counts = false }),
		"a sender that lives":        change(func(s *sight) { s.sender = journal.SenderAlive }),
		"a sender that is not known": change(func(s *sight) { s.sender = journal.SenderAbsent }),
		"an earlier time":            change(func(s *sight) { s.now = s.now.Add(-time.Minute) }),
		"a longer horizon":           change(func(s *sight) { s.settle += min(time.Minute, 1<<63-1-s.settle) }),
		"one sending more":           change(func(s *sight) { s.order.Evidence.Resends++ }),
		"a rival more":               change(func(s *sight) { s.rivals++ }),
		"a portal that shows less":   change(func(s *sight) { s.echo = echoHidden; s.absent = Auto }),
	}
}

// FuzzFits: a portal order that shows what was sent is never taken for another, however little of it is shown
// (what is taken for another may be sent again); and one that fits agrees in all that it shows.
func FuzzFits(f *testing.F) {
	const sent = `{"productId":13,"productNo":"P","serviceList":[{"serviceId":7,"quantity":10}]}`
	f.Add([]byte(sent), "P", 13, int64(7), int64(0), 10, "", int64(time.Second), int64(0), uint8(0))
	f.Add([]byte(sent), "P", 13, int64(7), int64(0), 10, "PO-1", int64(time.Second), int64(0), uint8(0))
	f.Add([]byte(sent), "P", 13, int64(7), int64(0), 10, "", int64(time.Minute), int64(time.Hour), uint8(0))
	f.Add([]byte(sent), "P", 13, int64(7), int64(0), 10, "", int64(-time.Hour), int64(-time.Hour), uint8(0))
	f.Add([]byte(sent), "Q", 12, int64(8), int64(7), 11, "PO-1", int64(-time.Hour), int64(time.Hour), uint8(255))
	f.Add([]byte(sent), "", 0, int64(0), int64(0), 0, "", int64(-3*time.Second), int64(-1), uint8(1))
	f.Add([]byte(`{"serviceList":[]}`), "P", 13, int64(7), int64(0), 10, "", int64(0), int64(0), uint8(0))
	f.Add([]byte(`{"serviceList":[{}]}`), "", 0, int64(0), int64(0), 0, "", int64(0), int64(0), uint8(3))
	f.Add([]byte(`{`), "P", 13, int64(7), int64(0), 10, "", int64(0), int64(0), uint8(0))
	f.Fuzz(func(t *testing.T, body []byte, productNo string, productID int, service, other int64, quantity int, poNumber string, age, offset int64, hide uint8) {
		const far = int64(100 * 365 * 24 * time.Hour)
		if max(age, offset) > far || min(age, offset) < -far {
			return
		}
		o := store.Order{SubmittedAt: fuzzDeadline}
		o.Evidence.Body = body
		d := yeastar.OrderDetails{ProductID: productID, Quantity: quantity}
		d.ProductNo, d.PONumber, d.CreateTime = productNo, poNumber, fuzzDeadline.Add(time.Duration(age))
		for _, id := range []int64{service, other} {
			if id != 0 {
				d.ServiceIDs = append(d.ServiceIDs, yeastar.ID(id))
			}
		}
		shift := time.Duration(offset)
		got := fits(o, d, shift)
		var request yeastar.OrderRequest
		if err := json.Unmarshal(body, &request); err != nil || len(request.ServiceList) == 0 {
			if got != maybe {
				t.Fatalf("%d, and what was sent is not known: %q", got, body)
			}
			return
		}
		line := request.ServiceList[0]
		if got == alike && (d.PONumber != "" || d.ProductNo != request.ProductNo || d.ProductNo == "" ||
			d.ProductID != 0 && d.ProductID != request.ProductID || d.Quantity != 0 && d.Quantity != line.Quantity ||
			len(d.ServiceIDs) > 0 && !slices.Contains(d.ServiceIDs, line.ServiceID) || d.CreateTime.Add(-shift).Before(fuzzDeadline.Add(-slack))) {
			t.Fatalf("it fits: %+v, to %s", d, body)
		}
		if less := fits(o, hidden(d, hide), shift); got != unlike && less == unlike || less == alike && got == unlike && hide == 0 {
			t.Fatalf("%d, and with less to be seen %d: %+v", got, less, d)
		}
		truth := yeastar.OrderDetails{ProductID: request.ProductID, Quantity: line.Quantity}
		truth.ProductNo, truth.CreateTime = request.ProductNo, fuzzDeadline.Add(shift).Truncate(time.Second)
		truth.ServiceIDs = []yeastar.ID{line.ServiceID}
		if line.ConnectionPlanID != 0 {
			truth.ServiceIDs = append(truth.ServiceIDs, line.ConnectionPlanID)
		}
		if is := fits(o, hidden(truth, hide), shift); is == unlike {
			t.Fatalf("the order itself is taken for another, shown as %+v of %s", hidden(truth, hide), body)
		}
	})
}

// hidden is the same order with some of it not shown, one bit a field.
func hidden(d yeastar.OrderDetails, which uint8) yeastar.OrderDetails {
	for bit, hide := range []func(){
		func() { d.ProductNo = "" }, func() { d.ProductID = 0 }, func() { d.ServiceIDs = nil }, func() { d.Quantity = 0 },
		func() { d.CreateTime = time.Time{} }, func() { d.PONumber = "" },
	} {
		if which&(1<<bit) != 0 {
			hide()
		}
	}
	return d
}

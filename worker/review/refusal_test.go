package review

import (
	"strings"
	"testing"
	"time"

	"orderq/store"
	"orderq/store/journal"
)

// inReview is a card that speaks against nothing.
func inReview() Card {
	at := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	return Card{
		Order:  store.Order{ID: ours, State: store.Review, ProductNo: "P", Attempt: 1},
		At:     at,
		Sent:   &Sent{Attempt: 1, Deadline: at.Add(-10 * time.Minute), Horizon: at},
		Sender: &Sender{Journal: "host-1-00", Standing: "finished"},
		List:   &List{Gate: &Reading{Total: 60}, Now: &Reading{Total: 60}, Whole: true},
		first:  at.Add(-time.Hour),
	}
}

func TestWhatIsRefused(t *testing.T) {
	t.Parallel()
	with := func(at Candidate) func(*Card) {
		at.OrderNo = "N1"
		return func(c *Card) { c.Candidates = append(c.Candidates, at) }
	}
	done := func(c *Card) { c.Sender.Outcome = &journal.Outcome{Result: "done", OrderNo: "N9"} }
	for _, c := range []struct {
		name         string
		change       func(*Card)
		resend, drop Cause
		says         string
	}{
		{"nothing speaks against it", func(*Card) {}, "", "", ""},
		{"before the horizon", func(c *Card) { c.Sent.Horizon = c.At.Add(time.Millisecond) }, CauseHorizon, "", "until 2026-11-21 12:00:00Z"},
		{"its sender runs", func(c *Card) { c.Sender.Standing = "alive" }, CauseSenderAlive, CauseSenderAlive, "stop that process first"},
		{"a living sender counts before the horizon does", func(c *Card) {
			c.Sender.Standing, c.Sent.Horizon = "alive", c.At.Add(time.Hour)
		}, CauseSenderAlive, CauseSenderAlive, ""},
		{"its sender's journal is elsewhere", func(c *Card) { c.Sender.Standing = "absent" }, CauseSenderUnproved, "", "--sender-gone"},
		{"its sender's journal cannot be read", func(c *Card) { c.Sender.Standing, c.Sender.Problem = "absent", "no permission" }, CauseSenderUnproved, "", "no permission"},
		{"its sender is finished, and there may be another", func(c *Card) { c.Order.Evidence.Recalled = true }, CauseSenderUnproved, "", "Redis had forgotten"},
		{"the sender was answered", done, CauseAnswered, CauseAnswered, "N9"},
		{"the sender was answered, and runs", func(c *Card) { done(c); c.Sender.Standing = "alive" }, CauseAnswered, CauseAnswered, "N9"},
		{"the sender was answered, as the record has it", func(c *Card) { done(c); c.Order.OrderNo = "N9" }, "", "", ""},
		{"the sender was answered, as the record has it, and the portal could not be read", func(c *Card) {
			done(c)
			c.Order.OrderNo, c.List = "N9", &List{Unread: "no answer"}
		}, CauseUnread, CauseUnread, "no answer"},
		{"the sender was refused", func(c *Card) { c.Sender.Outcome = &journal.Outcome{Result: "refused"} }, "", "", ""},
		{"the portal was not asked", func(c *Card) { c.List = nil }, CauseUnread, "", "doctor"},
		{"the portal could not be read", func(c *Card) { c.List = &List{Unread: "no answer"} }, CauseUnread, "", "no answer"},
		{"the list does not add up: a person is told, and decides", func(c *Card) { c.List.Whole, c.List.Why = false, "shifted" }, "", "", ""},
		{"the portal could not be read, nothing was ever sent", func(c *Card) { c.List, c.Sent, c.Sender = nil, nil, nil }, "", "", ""},
		{"nothing was sent that the ledger knows, and a number is on record", func(c *Card) {
			c.List, c.Sent, c.Sender, c.Order.OrderNo = nil, nil, nil, "N1"
		}, CauseUnread, "", ""},
		{"a row bears its reference", with(Candidate{Fit: FitReference}), CauseShown, CauseShown, "--placed N1"},
		{"a failed row bears its reference", with(Candidate{Fit: FitReference, OrderStatus: "failed"}), CauseShown, CauseShown, "--placed N1"},
		{"a failed row bears its reference, and was on record", with(Candidate{Fit: FitReference, OrderStatus: "failed", ClaimedBy: ours}), "", "", ""},
		{"the number on record is there", with(Candidate{Fit: FitRecorded, OrderStatus: "pending", ClaimedBy: ours}), CauseShown, CauseShown, "on record (pending)"},
		{"the number on record came to nothing", with(Candidate{Fit: FitRecorded, OrderStatus: "cancelled", ClaimedBy: ours}), "", "", ""},
		{"a row fits", with(Candidate{Fit: FitAlike}), CauseFits, "", "--drop this one"},
		{"a row is not clear", with(Candidate{Fit: FitUnclear}), "", "", ""},
		{"a row is another's", with(Candidate{Fit: FitUnlike}), "", "", ""},
		{"a row fits, and the portal could not be read to the end", func(c *Card) { with(Candidate{Fit: FitAlike})(c); c.List.Unread = "x" }, CauseFits, "", ""},
		{"not in review", func(c *Card) { c.Order.State = store.Unknown }, CauseState, CauseState, "only an order in review"},
	} {
		card := inReview()
		c.change(&card)
		check := func(answer string, r *Refusal, want Cause) {
			got, text := Cause(""), ""
			if r != nil {
				got, text = r.Cause, r.Error()
			}
			if got != want {
				t.Errorf("%s: %s is refused for %q (%s), want %q", c.name, answer, got, text, want)
			}
			if want != "" && (!strings.Contains(text, ours) || r.WayOut == "" || (answer == "resend" && !strings.Contains(text, c.says))) {
				t.Errorf("%s: %s: %q lacks the order, a way out, or %q", c.name, answer, text, c.says)
			}
		}
		check("resend", refuseResend(card, false), c.resend)
		check("drop", refuseDrop(card), c.drop)
	}
}

func TestAPersonsWordThatTheSenderIsGoneExcusesNothingElse(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		change func(*Card)
		want   Cause
	}{
		{"unproved", func(c *Card) { c.Sender.Standing = "absent" }, ""},
		{"perhaps not the only one", func(c *Card) { c.Order.Evidence.Recalled = true }, ""},
		{"alive", func(c *Card) { c.Sender.Standing = "alive" }, CauseSenderAlive},
		{"unproved, before the horizon", func(c *Card) { c.Sender.Standing, c.Sent.Horizon = "absent", c.At.Add(time.Hour) }, CauseHorizon},
		{"unproved, and shown", func(c *Card) {
			c.Sender.Standing, c.Candidates = "absent", []Candidate{{OrderNo: "N", Fit: FitReference}}
		}, CauseShown},
	} {
		card := inReview()
		c.change(&card)
		got := Cause("")
		if r := refuseResend(card, true); r != nil {
			got = r.Cause
		}
		if got != c.want {
			t.Errorf("%s: refused for %q, want %q", c.name, got, c.want)
		}
	}
}

func TestWhichPortalOrderItCannotBe(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		at     Candidate
		change func(*Card)
		want   Cause
		says   string
	}{
		{"one that may be it", Candidate{ProductNo: "P"}, nil, "", ""},
		{"one of which little can be read", Candidate{}, nil, "", ""},
		{"one that bears our reference", Candidate{Bears: ours + "-1"}, nil, "", ""},
		{"one that we have on record", Candidate{ClaimedBy: ours}, nil, "", ""},
		{"another's number", Candidate{ClaimedBy: theirs}, nil, CauseTaken, "belongs to order " + theirs},
		{"another PBX's", Candidate{ProductNo: "Q"}, nil, CauseOtherPBX, "is for PBX Q and order " + ours + " for P"},
		{"another PBX's, with our reference", Candidate{ProductNo: "Q", Bears: ours + "-1"}, nil, CauseOtherPBX, ""},
		{"one with another's reference", Candidate{Bears: theirs + "-1"}, nil, CauseOtherReference, "bears the reference of order " + theirs},
		{"one that was there before", Candidate{early: true}, nil, CauseTooOld, "first sent at 2026-11-21 11:00:00Z"},
		{"one that was there before, with our reference", Candidate{early: true, Bears: ours + "-1"}, nil, "", ""},
		{"another than the sender's answer", Candidate{}, func(c *Card) { c.Sender.Outcome = &journal.Outcome{Result: "done", OrderNo: "N9"} }, CauseAnswered, "--placed N9"},
		{"the sender's answer", Candidate{}, func(c *Card) { c.Sender.Outcome = &journal.Outcome{Result: "done", OrderNo: "N1"} }, "", ""},
		{"any, where nothing was ever sent", Candidate{}, func(c *Card) { c.Sent, c.Sender = nil, nil }, "", ""},
		{"any, of an order not in review", Candidate{}, func(c *Card) { c.Order.State = store.Placed }, CauseState, "only an order in review"},
	} {
		card := inReview()
		if c.change != nil {
			c.change(&card)
		}
		c.at.OrderNo = "N1"
		got, text := Cause(""), ""
		r := refusePlaced(card, c.at)
		if r != nil {
			got, text = r.Cause, r.Error()
		}
		if got != c.want || !strings.Contains(text, c.says) {
			t.Errorf("%s: refused for %q (%s), want %q (%s)", c.name, got, text, c.want, c.says)
		}
		if r != nil && (!strings.Contains(text, ours) || r.WayOut == "") {
			t.Errorf("%s: %q lacks the order or a way out", c.name, text)
		}
	}
}

func TestEveryStateButReviewIsRefusedWithAWayOut(t *testing.T) {
	t.Parallel()
	for _, s := range store.States() {
		r := refuseState(store.Order{ID: ours, State: s})
		if s == store.Review {
			if r != nil {
				t.Errorf("an order in review: %v", r)
			}
			continue
		}
		if r == nil || r.WayOut == "" || !strings.Contains(r.Error(), string(s)) {
			t.Errorf("%s: %v", s, r)
		}
	}
}

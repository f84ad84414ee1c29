package resolve

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"orderq/tasks"
	"orderq/yeastar"
	"orderq/yeastar/yeastartest"
)

func TestAnUnknownPBXIsRefusedWithItsNearMisses(t *testing.T) {
	t.Parallel()
	_, client := simulated(t, yeastartest.Options{PBXs: 250, SingleContact: true})
	r := New(Config{Client: client})
	_, err := r.Resolve(t.Context(), minutes("3658B431119665QI"))
	if got := refused(t, err); got.Code != CodeUnknownPBX {
		t.Errorf("%+v", got)
	}
	if want := `productNo "3658B431119665QI": no such PBX in this account; did you mean 3658B431119665QJ?`; err.Error() != want {
		t.Errorf("got  %s\nwant %s", err, want)
	}
	_, err = r.Resolve(t.Context(), minutes("NOTHING-LIKE-IT"))
	if refused(t, err); !strings.Contains(err.Error(), "no such PBX in this account, which has 250; look it up") {
		t.Error(err)
	}
}

func TestSeveralNearMissesAreAllNamed(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		nos  []string
		want string
	}{
		{[]string{"ABCD1", "ABCD2"}, "did you mean ABCD1 or ABCD2?"},
		{[]string{"ABCD1", "ABCD2", "ABCD3", "ABCD4"}, "did you mean ABCD1, ABCD2 or ABCD3?"},
		{nil, "it has none at all"},
	} {
		if got := unknownPBX("ABCD9", c.nos).Error(); !strings.Contains(got, c.want) {
			t.Errorf("%s; want %s", got, c.want)
		}
	}
}

func TestWhatThePortalDoesNotShowMustBeSaid(t *testing.T) {
	t.Parallel()
	_, client := simulated(t, yeastartest.Options{PBXs: 3, Capacity: yeastartest.ShowsNone})
	r := New(Config{Client: client})
	full := tasks.Intent{Reference: "r", ProductNo: yeastartest.TutorialHAPBX, Plan: "Enterprise", BillingCycle: "annually", BillingContact: "billing@example.com"}
	cases := []struct {
		name, kind, code string
		quantity         int
		omit             func(*tasks.Intent)
		notes            int
	}{
		{"the plan", "add_recording_minutes", CodePlanRequired, 1, func(in *tasks.Intent) { in.Plan = "" }, 0},
		{"the cycle", "add_recording_minutes", CodeCycleRequired, 1, func(in *tasks.Intent) { in.BillingCycle = "" }, 0},
		{"the contact", "add_recording_minutes", CodeContactRequired, 1, func(in *tasks.Intent) { in.BillingContact = "" }, 0},
		{"the extensions", "subscribe_ha", CodeQuantityRequired, 0, func(*tasks.Intent) {}, 0},
		{"nothing, for minutes", "add_recording_minutes", "", 1, func(*tasks.Intent) {}, 0},
		{"nothing, for extensions", "expand_extensions", "", 1, func(*tasks.Intent) {}, 1},
		{"nothing, for high availability", "subscribe_ha", "", 10, func(*tasks.Intent) {}, 1},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			in := full
			in.Kind, in.Quantity = c.kind, c.quantity
			c.omit(&in)
			res, err := r.Resolve(t.Context(), in)
			if c.code != "" {
				if got := refused(t, err); got.Code != c.code {
					t.Errorf("%+v", got)
				}
				return
			}
			if err != nil || len(res.Notes) != c.notes || res.Extensions != nil {
				t.Errorf("%+v, %v", res, err)
			}
		})
	}
}

func TestAnInvalidIntentIsRefusedWithoutACall(t *testing.T) {
	t.Parallel()
	portal, client := simulated(t, yeastartest.Options{PBXs: 3})
	r := New(Config{Client: client})
	in := minutes("ABCD1")
	in.Quantity = 0
	_, err := r.Resolve(t.Context(), in)
	if got := refused(t, err); got.Code != CodeInvalid || got.Field != "quantity" {
		t.Errorf("%+v", got)
	}
	in.Kind = "coffee"
	_, err = r.Resolve(t.Context(), in)
	refused(t, err)
	if calls := portal.Ledger().Calls; len(calls) != 0 {
		t.Errorf("%v", calls)
	}
}

func TestAWrongDefaultContactMakesOrdersWait(t *testing.T) {
	t.Parallel()
	_, client := simulated(t, yeastartest.Options{PBXs: 3})
	r := New(Config{Client: client, DefaultContact: "typo@example.com"})
	_, err := r.Resolve(t.Context(), minutes(yeastartest.TutorialExpandPBX))
	var refusal *Refusal
	if !errors.Is(err, ErrDefaultContact) || errors.As(err, &refusal) {
		t.Errorf("%T: %v", err, err)
	}
	r = New(Config{Client: client, DefaultContact: "accounts@example.com"})
	res, err := r.Resolve(t.Context(), minutes(yeastartest.TutorialExpandPBX))
	if err != nil || res.ContactID != yeastartest.AccountsContact {
		t.Errorf("%+v, %v", res, err)
	}
}

func TestThePortalsSpellingOfASerialNumberIsSent(t *testing.T) {
	t.Parallel()
	_, client := newShelf(t, map[string]map[string]any{"abCD1": {"productNo": "abCD1", "planId": "11", "billingCycle": "monthly", "extensions": 5}})
	res, err := New(Config{Client: client}).Resolve(t.Context(), minutes("ABCD1"))
	if err != nil || res.ProductNo != "abCD1" || res.Request.ProductNo != "abCD1" {
		t.Errorf("%+v, %v", res, err)
	}
}

func TestARowShownTwiceIsOnePBX(t *testing.T) {
	t.Parallel()
	l := newList([]yeastar.Product{{ProductNo: "A", Plan: "first"}, {ProductNo: ""}, {ProductNo: " a ", Plan: "second"}, {ProductNo: "B"}})
	if !slices.Equal(l.nos, []string{"A", "B"}) || l.byNo["A"].Plan != "first" {
		t.Errorf("%+v", l)
	}
}

func TestARefusalReadsWell(t *testing.T) {
	t.Parallel()
	r := &Refusal{Code: CodeUnknownPlan, Field: "plan", Value: "Go\x1bld", Message: "no such plan on offer", Choices: []string{"A", "B"}}
	if want := `plan "Go\u001bld": no such plan on offer; choices: A, B`; r.Error() != want {
		t.Errorf("got %s", r)
	}
}

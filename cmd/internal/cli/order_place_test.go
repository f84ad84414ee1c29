package cli

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"orderq/store"
	"orderq/store/storetest"
	"orderq/tasks"
	"orderq/yeastar/yeastartest"
)

// order reads the one order that a command printed with --json.
func order(t *testing.T, text string) store.Order {
	t.Helper()
	var o store.Order
	if err := json.Unmarshal([]byte(text), &o); err != nil {
		t.Fatalf("%v in %q", err, text)
	}
	return o
}

func TestAnOrderIsPlacedAndItsNumbersAreShown(t *testing.T) {
	t.Parallel()
	d := deskIn(t, storetest.Best(t), yeastartest.Options{Tutorials: true})
	d.worker()
	got := d.must(exitDone, minutes("--plan", "Enterprise Plan", "--billing-cycle", "annually", "--reference", "crm-1", "--wait", "30s", "--json")...)
	o := order(t, got.out)
	if o.State != store.Placed || o.OrderNo != "EK3206246063826526208" || o.TransactionNo != "ER3206246064703135745" {
		t.Errorf("placed as %+v", o)
	}
	says(t, got.err, "crm-1  accepted", "crm-1  placed as EK3206246063826526208")
	says(t, d.must(exitDone, "order", "get", "EK3206246063826526208").out, "crm-1", "ER3206246064703135745", "annually")
	says(t, d.must(exitDone, "order", "history", "crm-1").out, "accepted → preparing", "preparing → submitting, attempt 1", "submitting → placed")
	if n := len(d.portal.Ledger().Orders); n != 1 {
		t.Errorf("the portal has %d orders", n)
	}
}

func TestAnOrderThatCannotBeOrderedExitsThree(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.worker()
	got := d.must(exitRejected, "order", "place", "--kind", "subscribe_ha", "--product-no", "3658B4311196K2IX", "--wait", "30s")
	says(t, strings.Join(strings.Fields(got.out), " "), "rejected", "did you mean 3658B4311196K2ID?")
}

func TestAnOrderThatNobodyKnowsAboutExitsFour(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.set("ORDERQ_SETTLE", "1h")
	d.portal.SetEcho(yeastartest.EchoNone) // so that it is not found either
	d.portal.Fail(yeastartest.DropAfter, 1)
	d.worker()
	s := d.start(minutes("--wait", "1h", "--reference", "lost")...)
	s.err.await(t, "lost  unknown")
	if code := s.end(); code != exitUnknown {
		t.Errorf("exit %d, want 4", code)
	}
	says(t, s.out.text(), "unknown")
	says(t, d.must(exitUnknown, "status").out, "1 order in doubt: sent, and the answer is not known yet.")
}

func TestAnOrderThatNobodyTakesExitsFiveAndSaysWhy(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	got := d.must(exitNotFinal, minutes("--wait", "50ms")...)
	says(t, got.err, "no worker is running for account default: start one with `orderq worker`")
	d.must(exitDone, "halt", "--by", "anna", "--note", "strange prices")
	says(t, d.must(exitDone, minutes("--allow-duplicate")...).err, "halted by anna (strange prices)")
}

func TestAReferenceIsMadeAndToldBeforeAnythingIsWritten(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.room.Mini.Close()
	d.set("ORDERQ_REDIS_URL", "redis://127.0.0.1:1/0?max_retries=-1")
	got := d.must(exitFailed, minutes()...)
	says(t, got.err, "reference cli-", "redis at redis://127.0.0.1:1/0", "connection refused")
	if strings.Index(got.err, "reference cli-") > strings.Index(got.err, "redis at") {
		t.Errorf("the reference is told too late:\n%s", got.err)
	}
}

func TestMadeReferencesSortByTimeAndDiffer(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	var all []string
	for i := range 1000 {
		all = append(all, newReference(now.Add(time.Duration(i)*time.Millisecond)))
	}
	if !slices.IsSorted(all) {
		t.Error("later ones do not sort behind earlier ones")
	}
	if a, b := newReference(now), newReference(now); a == b || len(a) != 18 {
		t.Errorf("made %q and %q", a, b)
	}
	late := newReference(time.Date(2999, 1, 1, 0, 0, 0, 0, time.UTC))
	if late < all[0] {
		t.Errorf("%s of the year 2999 sorts before %s", late, all[0])
	}
}

func TestPlacingAgainShowsTheSameOrder(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	first := order(t, d.must(exitDone, minutes("--reference", "r1", "--json")...).out)
	again := d.must(exitDone, minutes("--reference", "r1", "--json", "--label", "note=other")...)
	if o := order(t, again.out); o.ID != first.ID || o.Version != first.Version {
		t.Errorf("again: %+v, first: %+v", o, first)
	}
	says(t, again.err, "r1 was accepted before")
	other := d.must(exitFailed, minutes("--reference", "r1", "--po-number", "PO-1")...)
	says(t, other.err, first.ID, "poNumber nothing there, PO-1 here", "e.g. r1-2")
	d.must(exitDone, "order", "cancel", "r1")
	says(t, d.must(exitRejected, minutes("--reference", "r1")...).out, "cancelled")
}

func TestABadIntentIsRefusedInTheWordsOfTheFlags(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for _, c := range []struct{ args, want string }{
		{"--kind expand_extensions --product-no 3658B431119665QJ", "--quantity: missing; say how many extensions"},
		{"--kind expand_extensions --product-no 3658B431119665QJ --quantity 0", "--quantity 0: must be a whole number"},
		{"--kind expand_extensions --product-no 3658B431119665QJ --quantity 501", "--quantity 501: a PBX holds at most 500 extensions"},
		{"--kind expand_extensions --product-no 3658B431119665QJ --quantity 12.5", `--quantity "12.5": must be a whole number`},
		{"--kind expand_extensions --product-no 3658B431119665QJ --quantity twelve", `--quantity "twelve": must be a whole number`},
		{"--kind expand_extensions --quantity 1", "--product-no: missing"},
		{"--kind expand_extension --product-no 3658B431119665QJ --quantity 1", "did you mean expand_extensions?"},
		{"--kind subscribe_ha --product-no 3658B431119665QJ --billing-cycle yearly", "the portal says annually"},
		{"--kind subscribe_ha --product-no 3658B431119665QJ --billing-id abc", "--billing-id"},
		{"--kind subscribe_ha --product-no 3658B431119665QJ --not-before tomorrow", "--not-before"},
		{"--kind subscribe_ha --product-no 3658B431119665QJ --label Bad=1", "--label Bad"},
	} {
		got := d.must(exitUsage, append([]string{"order", "place"}, strings.Fields(c.args)...)...)
		says(t, got.err, c.want)
	}
	if got := d.must(exitDone, "order", "list", "--json"); got.out != "" {
		t.Errorf("something was accepted: %s", got.out)
	}
}

func TestTheFlagsAreTheIntentsFields(t *testing.T) {
	t.Parallel()
	var have []string
	for _, f := range intentFields() {
		have = append(have, f.field)
	}
	for _, f := range tasks.Fields() {
		// account is a setting, labels are --label, and allowDuplicate has no value
		if f != "account" && f != "labels" && f != "allowDuplicate" && !slices.Contains(have, f) {
			t.Errorf("the intent's %s has no flag", f)
		}
	}
	d := newDesk(t)
	args := []string{"order", "place", "--kind", "add_recording_minutes", "--quantity", "3", "--product-no", "3658b431119665qj",
		"--reference", "all", "--connection-plan-id", "3048571730026938368", "--service-id", "3048573759449317376",
		"--billing-cycle", "annually", "--billing-id", "3197218168379846218", "--po-number", "PO-88",
		"--not-before", "2099-12-01T00:00:00Z", "--label", "customer=acme", "--label", "n=1", "--allow-duplicate", "--account", "other"}
	d.must(exitDone, args...)
	o, err := store.Open(d.room.Redis, store.DefaultPrefix, "other").Get(t.Context(), tasks.OrderID("other", "all"))
	if err != nil {
		t.Fatal(err)
	}
	want := `{"reference":"all","account":"other","kind":"add_recording_minutes","productNo":"3658B431119665QJ","quantity":3,` +
		`"connectionPlanId":"3048571730026938368","serviceId":"3048573759449317376","billingCycle":"annually",` +
		`"billingId":"3197218168379846218","poNumber":"PO-88","notBefore":"2099-12-01T00:00:00Z","allowDuplicate":true,"labels":{"customer":"acme","n":"1"}}`
	if string(o.Intent) != want {
		t.Errorf("intent\n%s\nwant\n%s", o.Intent, want)
	}
}

func TestADryRunShowsTheExactRequestAndWritesNothing(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.room.Mini.Close() // not even Redis is needed
	got := d.must(exitDone, minutes("--plan", "enterprise", "--reference", "dry", "--po-number", "PO-7", "--dry-run", "--json")...)
	var r struct {
		ID      string
		Request json.RawMessage
	}
	if err := json.Unmarshal([]byte(got.out), &r); err != nil {
		t.Fatal(err)
	}
	want := `{"operationType":"purchase_service","productId":13,"productNo":"3658B431119665QJ","billingId":3197218168379846218,` +
		`"poNumber":"` + r.ID + `-1 PO-7","serviceList":[{"connectionPlanId":3048571730026938368,"serviceType":"service",` +
		`"serviceId":3048573759449317376,"quantity":1000,"purchaseType":"purchase","billingModel":"recurring","billingCycle":"annually","multiCycle":0}]}`
	if string(r.Request) != want {
		t.Errorf("would send\n%s\nwant\n%s", r.Request, want)
	}
	says(t, d.must(exitDone, minutes("--dry-run")...).out, "Add call recording minutes: 1000 minutes on 3658B431119665QJ", "Nothing was written or ordered.")
	if l := d.portal.Ledger(); len(l.Orders) != 0 || l.Calls[yeastartest.CallCreate] != 0 {
		t.Errorf("a dry run ordered: %+v", l)
	}
}

func TestADryRunOfAnImpossibleOrderExitsThreeWithTheRefusal(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for _, c := range []struct{ args, want string }{
		{"--kind subscribe_ha --product-no 3658B4311196K2IX", "did you mean 3658B4311196K2ID?"},
		{"--kind subscribe_ha --product-no 3658B4311196K2ID --plan Gold", "Enterprise Plan"},
		{"--kind subscribe_ha --product-no 3658B4311196K2ID --billing-cycle monthly", "annually"},
		{"--kind expand_extensions --quantity 495 --product-no 3658B4311196K2ID", "500"},
		{"--kind subscribe_ha --product-no 3658B4311196K2ID --billing-contact nobody@example.com", "billing@example.com"},
	} {
		got := d.must(exitRejected, append([]string{"order", "place", "--dry-run"}, strings.Fields(c.args)...)...)
		says(t, got.err, "it would be rejected", c.want)
	}
}

func TestTheFarEndsFailuresAreOneLineWithAWayOut(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	check := func(name string, got answer, texts ...string) {
		t.Helper()
		says(t, got.err, texts...)
		if n := strings.Count(got.err, "\n"); n > 2 || strings.Contains(got.err, "goroutine") {
			t.Errorf("%s: %d lines:\n%s", name, n, got.err)
		}
	}
	d.set("YEASTAR_BASE_URL", "http://127.0.0.1:1")
	check("portal down", d.must(exitFailed, minutes("--dry-run")...), "portal http://127.0.0.1:1", "connection refused", "YEASTAR_BASE_URL")
	d.set("YEASTAR_BASE_URL", d.portal.URL())
	d.set("YEASTAR_CLIENT_SECRET", "wrong")
	check("wrong secret", d.must(exitFailed, "catalog", "contacts"), "refused the client id and secret", "YEASTAR_CLIENT_SECRET")
	d.set("YEASTAR_CLIENT_SECRET", "")
	d.set("YEASTAR_CLIENT_ID", "")
	check("no secret", d.must(exitUsage, "catalog", "contacts"), "YEASTAR_CLIENT_ID")
	d.room.Mini.RequireAuth("sesame")
	check("no password", d.must(exitFailed, "status"), "NOAUTH", "ORDERQ_REDIS_URL")
	d.set("ORDERQ_REDIS_URL", "redis://:not-that-one@"+d.room.Options.Addr+"/0")
	wrong := d.must(exitFailed, "status")
	check("wrong password", wrong, "WRONGPASS", "ORDERQ_REDIS_URL")
	if strings.Contains(wrong.err, "not-that-one") {
		t.Errorf("the password is printed: %s", wrong.err)
	}
}

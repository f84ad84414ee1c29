package cli

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"orderq/store"
	"orderq/store/storetest"
	"orderq/yeastar/yeastartest"
)

// twins are two desks with the same on them: at one commands speak to Redis, at the other to a server.
type twins struct {
	t           *testing.T
	here, there *desk
	url         string
}

// serve runs a server at a desk, and gives its URL.
func (d *desk) serve(more ...string) string {
	d.t.Helper()
	s := d.start(append([]string{"serve", "--listen", "127.0.0.1:0", "--log-format", "json"}, more...)...)
	return strings.TrimSuffix(s.err.await(d.t, `"api":"([^"]+)"`), "/v1")
}

var twinsAt = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

func newTwins(t *testing.T, oldOrders int) *twins {
	t.Helper()
	now := func() time.Time { return twinsAt }
	one := func() *desk {
		d := deskIn(t, storetest.Embedded(t), yeastartest.Options{Now: now, OldOrders: oldOrders})
		d.clock = now
		d.room.Mini.SetTime(twinsAt)
		d.set("ORDERQ_SETTLE", "1h") // both read the same clock, and nothing is over in between
		return d
	}
	w := &twins{t: t, here: one(), there: one()}
	w.url = w.there.serve()
	return w
}

// both does something at each desk.
func (w *twins) both(do func(d *desk)) {
	do(w.here)
	do(w.there)
}

// made are the names that are made by chance: of webhooks, their secrets, a ledger, and the portal's requests.
var made = regexp.MustCompile(`wh[a-z2-7]{16}|whsec_[A-Za-z0-9+/=]+|"ledger":"[0-9a-f]{16}"|request\s+[0-9a-f]{32}`)

// recorded is who placed an order by HTTP, which is on record; a command at Redis records nobody.
var recorded = regexp.MustCompile(`(?m)^by            http\n|"by":"http",`)

// same is what must not differ: all but the addresses of Redis and portal, which each desk has its own of.
func (d *desk) same(text string) string {
	for _, own := range []string{d.room.Options.Addr, strings.TrimPrefix(d.portal.URL(), "http://")} {
		text = strings.ReplaceAll(text, own, "OWN")
	}
	return made.ReplaceAllString(recorded.ReplaceAllString(text, ""), "MADE")
}

// fed types a command that reads stdin at both desks, and fails unless both say the same to stdout and end alike.
func (w *twins) fed(code int, stdin string, args ...string) (here, there answer) {
	w.t.Helper()
	line := "orderq " + strings.Join(args, " ")
	here = w.here.runWith(stdin, args...)
	there = w.there.runWith(stdin, append([]string{"--server", w.url}, args...)...)
	if here.code != code || there.code != code {
		w.t.Errorf("%s: exit %d and with --server %d, want %d\n%s%s----\n%s%s", line, here.code, there.code, code, here.out, here.err, there.out, there.err)
	}
	if a, b := w.here.same(here.out), w.there.same(there.out); a != b {
		w.t.Errorf("%s:\n%s\nwith --server:\n%s\n%s", line, a, b, there.err)
	}
	return here, there
}

func (w *twins) types(code int, args ...string) (here, there answer) {
	w.t.Helper()
	return w.fed(code, "", args...)
}

// reads types a command that changes nothing, as it is and with --json, and once more without --server where the server
// is: there the store is the very same.
func (w *twins) reads(code int, args ...string) {
	w.t.Helper()
	for _, args := range [][]string{args, append([]string{"--json"}, args...)} {
		_, there := w.types(code, args...)
		if direct := w.there.run(args...); direct.code != there.code || w.there.same(direct.out) != w.there.same(there.out) {
			w.t.Errorf("orderq %s, exit %d:\n%s\nwith --server, exit %d:\n%s", strings.Join(args, " "), direct.code, direct.out, there.code, there.out)
		}
	}
}

func TestOrdersAreTheSameByHTTP(t *testing.T) {
	t.Parallel()
	w := newTwins(t, 5)
	w.both(func(d *desk) {
		for i, state := range store.States() {
			d.room.Mini.SetTime(twinsAt.Add(time.Duration(i/2) * time.Minute)) // some share a moment
			o := d.in(state, strings.Repeat("x", i+1)+"1")
			if state == store.Review {
				d.afterClaim("waits", o)
			}
		}
	})
	at := func(s store.State) string {
		for i, state := range store.States() {
			if state == s {
				return strings.Repeat("x", i+1) + "1"
			}
		}
		return ""
	}
	var all []string
	for i, state := range store.States() {
		reference := strings.Repeat("x", i+1) + "1"
		all = append(all, reference)
		w.reads(exitDone, "order", "get", reference)
		w.reads(codeOfState(state), "order", "wait", reference, "--timeout", "0s")
		w.reads(exitDone, "order", "history", reference)
		switch {
		case state.InDoubt():
			w.reads(codeOfState(state), "order", "resolve", reference)
		default:
			w.reads(exitFailed, "order", "resolve", reference)
		}
	}
	w.reads(exitDone, append([]string{"order", "get", "NO-" + at(store.Placed), "waits"}, all...)...)
	w.reads(exitFailed, "order", "get", "none", at(store.Placed))
	w.reads(exitFailed, "order", "get", "no/ne ä")
	w.reads(exitFailed, "order", "history", "none")
	w.reads(exitFailed, "order", "wait", "none", at(store.Review), "--timeout", "0s")
	for _, more := range []string{
		"", "--wide", "--limit 3", "--limit 0", "--limit 0 --wide --state placed,review", "--state placed,review", "--product-no none", "--kind subscribe_ha",
		"--reference " + at(store.Placed), "--order-no NO-" + at(store.Placed), "--since 2026-11-21T12:02:00Z", "--until 2026-11-21T12:01:00Z",
		"--since 2026-11-21T12:01:00Z --limit 0", "--label a=b", "--batch none", "--limit 0 --reference " + at(store.Placed),
	} {
		w.reads(exitDone, append([]string{"order", "list"}, strings.Fields(more)...)...)
	}
	w.reads(exitUsage, "order", "list", "--state", "plcaed")

	w.types(exitDone, "order", "cancel", at(store.Held), at(store.Accepted), at(store.Cancelled), "--note", "no more")
	for _, state := range []store.State{store.Placed, store.Submitting, store.Unknown, store.Review, store.Pending, store.Rejected} {
		here, there := w.types(exitFailed, "order", "cancel", at(state))
		if here.err != there.err {
			t.Errorf("%q and with --server %q", here.err, there.err)
		}
	}
	w.both(func(d *desk) { d.in(store.Held, "held"); d.in(store.Held, "held-2") })
	w.types(exitDone, append([]string{"--json", "order", "release", "held"}, sign...)...)
	w.types(exitFailed, append([]string{"order", "release", at(store.Placed), "held-2", "none"}, sign...)...)
	w.types(exitFailed, resolveArgs(at(store.Review), "--resend")...)
	w.types(exitFailed, resolveArgs(at(store.Placed), "--drop")...)
	w.types(exitFailed, resolveArgs(at(store.Review), "--placed", "EK1")...)
	w.types(exitUsage, resolveArgs(at(store.Review), "--placed", "no+number")...)
	w.types(exitDone, resolveArgs(at(store.Review), "--drop")...)
	w.types(exitFailed, resolveArgs("none", "--drop")...)
	w.reads(exitDone, "order", "history", at(store.Review))
	w.reads(exitDone, "order", "history", "held")
	w.reads(exitUnknown, "status")
}

func TestPlacingIsTheSameByHTTP(t *testing.T) {
	t.Parallel()
	w := newTwins(t, 5)
	w.types(exitDone, minutes("--reference", "r1")...)
	w.types(exitDone, minutes("--reference", "r1", "--json")...)
	here, there := w.types(exitFailed, minutes("--reference", "r1", "--po-number", "PO-1")...)
	if here.err != there.err {
		t.Errorf("%q and with --server %q", here.err, there.err)
	}
	w.types(exitDone, minutes("--reference", "r2")...) // looks like the first, and is held
	w.types(exitNotFinal, minutes("--reference", "r2", "--wait", "1h")...)
	w.types(exitDone, minutes("--reference", "r3", "--allow-duplicate", "--label", "customer=ac & me", "--not-before", "2026-12-01T00:00:00Z", "--po-number", "PO 7")...)
	w.types(exitNotFinal, minutes("--reference", "r3", "--allow-duplicate", "--label", "customer=ac & me", "--not-before", "2026-12-01T00:00:00Z", "--po-number", "PO 7", "--wait", "30ms")...)
	w.types(exitUsage, minutes("--reference", "r4", "--quantity", "12.5")...)
	w.types(exitUsage, minutes("--reference", "r4", "--label", "x")...)
	w.reads(exitDone, "order", "list", "--label", "customer=ac & me")
	w.types(exitDone, "order", "cancel", "r1")
	w.types(exitRejected, minutes("--reference", "r1")...)

	w.reads(exitDone, minutes("--reference", "d1", "--dry-run", "--plan", "Enterprise Plan", "--po-number", "PO-7")...)
	w.reads(exitRejected, minutes("--reference", "d1", "--dry-run", "--plan", "Gold")...)
	w.reads(exitUsage, minutes("--reference", "d1", "--dry-run", "--quantity", "0")...)
	w.reads(exitDone, "order", "place", "--kind", "expand_extensions", "--product-no", yeastartest.TutorialExpandPBX, "--ensure", "5", "--reference", "d2", "--dry-run")

	file := minutesLine("f1") + "\n" + `{"reference":"f2","kind":"subscribe_ha","quantity":"some"}` + "\n" + strings.Repeat("x", 70<<10) + "\n\n" + strings.Replace(minutesLine("f3"), `:7,`, `:9,`, 1) + "\n" + strings.Replace(minutesLine("f1"), `:7,`, `:8,`, 1) + "\n" + "{\n"
	for _, json := range []string{"--json", "--json=false"} {
		here, there := w.fed(exitFailed, file, "order", "place", "--file", "-", json)
		if here.err != there.err {
			t.Errorf("%s and with --server %s", here.err, there.err)
		}
	}
	w.fed(exitFailed, file, "order", "place", "--file", "-", "--wait", "30ms")
	here, there = w.fed(exitFailed, file, "order", "place", "--file", "-", "--dry-run")
	if here.err != there.err {
		t.Errorf("%s and with --server %s", here.err, there.err)
	}
	var many strings.Builder
	for i := range 1100 {
		many.WriteString(strings.Replace(minutesLine(fmt.Sprintf("m%d", i)), `:7,`, fmt.Sprintf(`:%d,`, 100+i), 1) + "\n") // none looks like another
	}
	w.fed(exitDone, many.String(), "order", "place", "--file", "-")
	w.types(exitDone, "order", "list", "--limit", "0")
	w.types(exitDone, "order", "list", "--limit", "700")
	w.reads(exitDone, "status")
}

// minutesLine is an intent in a line.
func minutesLine(reference string) string {
	text, _ := json.Marshal(map[string]any{"reference": reference, "kind": "add_recording_minutes", "productNo": yeastartest.TutorialExpandPBX, "quantity": 7, "allowDuplicate": true})
	return string(text)
}

func TestBatchesAreTheSameByHTTP(t *testing.T) {
	t.Parallel()
	w := newTwins(t, 5)
	paths := map[*desk]string{}
	w.both(func(d *desk) { paths[d] = d.november(5) })
	text, err := os.ReadFile(paths[w.here])
	if err != nil {
		t.Fatal(err)
	}
	path := paths[w.here]
	w.types(exitDone, "batch", "template")
	w.reads(exitDone, "batch", "list")
	w.reads(exitRejected, "batch", "plan", path)
	w.fed(exitRejected, string(text), "batch", "plan", "--name", "piped", "-")
	w.types(exitUsage, "batch", "apply", path)
	w.types(exitUsage, "batch", "apply", "--yes", w.here.file("none.csv", "a;b\n1;2\n"))
	w.types(exitUsage, "batch", "apply", "--yes", "-")
	here, there := w.types(exitFailed, "batch", "apply", "--yes", path)
	if here.err != there.err {
		t.Errorf("%s and with --server %s", here.err, there.err)
	}
	w.types(exitFailed, "batch", "apply", "--yes", path, "--json")
	w.fed(exitFailed, string(text), "batch", "apply", "--yes", "--name", "piped", "--set", "label.customer=a=b", "--canary", "2", "--stop-refused", "0.25",
		"--budget", "5000", "--allow-duplicate", "-")
	w.fed(exitDone, minutesLine("n1")+"\n"+minutesLine("n2")+"\n", "batch", "apply", "--yes", "--name", "lines", "--format", "ndjson", "--hold", "-")
	// Behind a quote that is never closed nobody knows where rows begin.
	broken := string(text) + "\"" + strings.Repeat("x", 2<<20)
	w.fed(exitFailed, broken, "batch", "plan", "--name", "broken", "-")
	here, there = w.fed(exitFailed, broken, "batch", "apply", "--yes", "--name", "broken", "-")
	says(t, here.err, "6 rows were taken in", "apply the file again")
	says(t, there.err, "6 rows were taken in")
	w.reads(exitDone, "batch", "list")
	w.reads(exitDone, "batch", "list", "--limit", "0")
	w.reads(exitDone, "batch", "list", "--limit", "2")
	for _, name := range []string{"november", "piped"} {
		w.reads(exitFailed, "batch", "status", name)
		w.reads(exitDone, "batch", "results", name)
		w.reads(exitDone, "batch", "results", name, "--format", "ndjson")
		w.reads(exitFailed, "batch", "watch", name, "--timeout", "1ns")
	}
	w.reads(exitDone, "batch", "results", "lines")
	w.reads(exitUsage, "batch", "results", "lines", "--format", "csv")
	w.reads(exitUsage, "batch", "results", "lines", "--format", "xml")
	w.reads(exitFailed, "batch", "status", "none")
	w.reads(exitDone, "order", "list", "--batch", "november")
	w.reads(exitRejected, "batch", "plan", path)

	w.types(exitFailed, "batch", "approve", "november", "--by", "eve", "--note", "fine")
	w.types(exitFailed, "batch", "approve", "lines", "--by", "tester", "--note", "fine")
	w.types(exitDone, "batch", "approve", "lines", "--by", "eve", "--note", "fine")
	w.types(exitDone, "batch", "cancel", "piped", "--by", "eve", "--note", "prices")
	w.types(exitDone, "--json", "batch", "cancel", "piped", "--by", "eve", "--note", "prices")
	w.types(exitFailed, "batch", "cancel", "none")
	w.types(exitFailed, "batch", "retry", "piped", "--by", "eve", "--note", "after all")
	w.types(exitDone, "order", "cancel", w.here.idOf("november", 2))
	w.types(exitFailed, "batch", "retry", "november", "--by", "eve", "--note", "after all")
	w.fed(exitFailed, string(text), "batch", "apply", "--yes", "--name", "piped", "-")

	// A plan holds where it was made: each desk has its own portal.
	for d, at := range map[*desk][]string{w.here: nil, w.there: {"--server", w.url}} {
		plan := filepath.Join(t.TempDir(), "december.plan")
		got := d.must(exitRejected, append(at, "batch", "plan", path, "-o", plan, "--name", "december")...)
		says(t, strings.Join(strings.Fields(got.out), " "), "orderq batch apply "+plan, "hash ")
		says(t, d.must(exitUsage, append(at, "batch", "apply", plan, "--name", "other")...).err, "leave --name")
		says(t, d.must(exitUsage, append(at, "batch", "apply", plan, "--account", "other")...).err, "for account")
		v := d.view(d.must(exitFailed, append(at, "batch", "apply", plan, "--json")...).out)
		if v.Name != "december" || v.Counts[store.Held] != 5 || v.Invalid != 1 || v.Hash == "" {
			t.Errorf("%+v", v)
		}
		kept, err := os.ReadFile(plan)
		if err != nil {
			t.Fatal(err)
		}
		touched := d.file("touched.plan", strings.Replace(string(kept), `"quantity":100`, `"quantity":900`, 1))
		says(t, d.must(exitUsage, append(at, "batch", "apply", touched)...).err, "the plan was changed since it was made")
	}
}

func TestTheAccountIsTheSameByHTTP(t *testing.T) {
	t.Parallel()
	w := newTwins(t, 5)
	w.reads(exitDone, "status")
	w.reads(exitDone, "limits")
	w.types(exitDone, "limits", "set", "--budget", "day:add_recording_minutes=20000", "--by", "anna")
	w.types(exitDone, "--json", "limits", "set", "--duplicates", "72h", "--events", "720h", "--by", "anna", "--note", "agreed")
	for _, wrong := range [][]string{{"--budget", "day:minutes=1"}, {"--duplicates", "soon"}, {"--events", "1m"}, {}} {
		here, there := w.types(exitUsage, append([]string{"limits", "set", "--by", "anna"}, wrong...)...)
		if here.err != there.err {
			t.Errorf("%s and with --server %s", here.err, there.err)
		}
	}
	w.types(exitFailed, "limits", "set", "--by", "anna", "--budget", "batch:none=1")
	w.reads(exitDone, "limits")
	w.types(exitDone, append([]string{"resume"}, sign...)...)
	for range 2 {
		here, there := w.types(exitDone, append([]string{"halt"}, sign...)...)
		if here.err != there.err {
			t.Errorf("%s and with --server %s", here.err, there.err)
		}
	}
	w.types(exitDone, append([]string{"--json", "halt"}, sign...)...)
	w.reads(exitDone, "status")
	w.types(exitDone, append([]string{"resume"}, sign...)...)
	w.types(exitDone, append([]string{"--json", "resume"}, sign...)...)
	w.reads(exitDone, "status")
}

func TestTheCatalogIsTheSameByHTTP(t *testing.T) {
	t.Parallel()
	w := newTwins(t, 130) // more than a page
	for _, words := range []string{"products", "plans", "plans --product-no 3658b431119665qj", "contacts", "orders", "orders --limit 3", "orders --limit 0"} {
		w.reads(exitDone, append([]string{"catalog"}, strings.Fields(words)...)...)
	}
	w.reads(exitUsage, "catalog", "orders", "--limit", "-1")
	d := newDesk(t)
	d.set("YEASTAR_CLIENT_ID", "")
	d.set("YEASTAR_CLIENT_SECRET", "")
	says(t, d.must(exitUsage, "catalog", "products", "--server", d.serve()).err, "knows no portal", "YEASTAR_CLIENT_SECRET")
}

func TestWebhooksAreTheSameByHTTP(t *testing.T) {
	t.Parallel()
	w := newTwins(t, 5)
	url, _ := w.here.receiver(func(int) int { return 204 })
	w.reads(exitDone, "webhook", "list")
	w.there.set("ORDERQ_WEBHOOK_ALLOW", "") // the server's own counts, and it has none
	w.types(exitUsage, "webhook", "add", "https://10.0.0.1/x")
	says(t, w.there.must(exitUsage, "webhook", "add", url, "--server", w.url).err, "ORDERQ_WEBHOOK_ALLOW")
	w.types(exitUsage, "webhook", "add", "https://hooks.example.com/x", "--state", "plcaed")
	ids := map[*desk]string{}
	for d, at := range map[*desk][]string{w.here: nil, w.there: {"--server", w.url}} {
		ids[d] = d.webhook(append(at, "add", "https://hooks.example.com/x", "--state", "placed", "--description", "the CRM", "--disabled")...).ID
	}
	each := func(code int, args ...string) {
		t.Helper()
		with := func(id string) []string {
			var out []string
			for _, a := range args {
				out = append(out, strings.ReplaceAll(a, "ID", id))
			}
			return out
		}
		here := w.here.run(with(ids[w.here])...)
		there := w.there.run(append([]string{"--server", w.url}, with(ids[w.there])...)...)
		if here.code != code || there.code != code || w.here.same(here.out) != w.there.same(there.out) {
			t.Errorf("orderq %s: exit %d\n%s%swith --server: exit %d\n%s%s", strings.Join(args, " "), here.code, here.out, here.err, there.code, there.out, there.err)
		}
	}
	for _, json := range []string{"--json", "--json=false"} {
		each(exitDone, "webhook", "show", "ID", json)
		each(exitDone, "webhook", "set", "ID", "--state", "placed,rejected", "--kind", "subscribe_ha", json)
		each(exitDone, "webhook", "set", "ID", "--kind", "", "--description", "", "--url", "https://hooks.example.com/y", json)
		each(exitUsage, "webhook", "set", "ID", "--url", "https://10.0.0.1/x", json)
		each(exitUsage, "webhook", "set", "ID", json)
		each(exitDone, "webhook", "enable", "ID", json)
		each(exitDone, "webhook", "disable", "ID", "--by", "anna", json)
		each(exitDone, "webhook", "rotate", "ID", "--keep", "0s", json)
		each(exitUsage, "webhook", "rotate", "ID", "--keep", "soon", json)
		each(exitDone, "webhook", "log", "ID", json)
		each(exitDone, "webhook", "log", "ID", "--limit", "1000", json)
		each(exitFailed, "webhook", "replay", "ID", "--event", "1-1", json)
		each(exitUsage, "webhook", "replay", "ID", json)
		each(exitDone, "webhook", "list", json)
	}
	each(exitFailed, "webhook", "show", "whaaaaaaaaaaaaaaaa")
	each(exitFailed, "webhook", "set", "whaaaaaaaaaaaaaaaa", "--description", "x")
	each(exitDone, "webhook", "remove", "ID")
	each(exitFailed, "webhook", "remove", "ID")
}

package metrics

import (
	"context"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/hibiken/asynq"
	"github.com/prometheus/client_golang/prometheus/testutil"
	dto "github.com/prometheus/client_model/go"
	"go.uber.org/goleak"

	"orderq/cmd/internal/config"
	"orderq/cmd/internal/office"
	"orderq/store"
	"orderq/store/hook"
	"orderq/store/storetest"
	"orderq/tasks"
	"orderq/worker"
	"orderq/yeastar"
)

var update = flag.Bool("update", false, "rewrite the table of docs/metrics.md")

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// rig is a working process' set, with its hooks, over a Redis.
type rig struct {
	*Set
	t    *testing.T
	room *storetest.Room
	work worker.Config
}

func newRig(t *testing.T, room *storetest.Room) *rig {
	t.Helper()
	r := &rig{Set: New("default", "v1"), t: t, room: room}
	r.Work(&r.work)
	r.Watch(t.Context(), office.Of(config.Config{Account: "default"}, room.Redis))
	t.Cleanup(r.Close)
	return r
}

// scrape is what a Prometheus reads.
func (r *rig) scrape() string {
	r.t.Helper()
	w := httptest.NewRecorder()
	r.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	if w.Code != http.StatusOK {
		r.t.Fatalf("%d: %s", w.Code, w.Body)
	}
	return w.Body.String()
}

// says fails unless the scrape has each line, its account put in.
func (r *rig) says(text string, lines ...string) {
	r.t.Helper()
	for _, line := range lines {
		name, value, _ := strings.Cut(line, " ")
		if strings.Contains(name, "{") {
			name = strings.Replace(name, "{", `{account="default",`, 1)
		} else {
			name += `{account="default"}`
		}
		if !strings.Contains(text, "\n"+name+" "+value+"\n") {
			r.t.Errorf("%s %s is not in\n%s", name, value, text)
		}
	}
}

func intent(reference string) tasks.Intent {
	return tasks.Intent{Reference: reference, Kind: "add_recording_minutes", ProductNo: "3658B431119665QJ", Quantity: 7, AllowDuplicate: true}.Normalise()
}

func (r *rig) accept(reference string) store.Order {
	r.t.Helper()
	o, _, err := r.room.Store.Accept(r.t.Context(), tasks.NewOrder(intent(reference), tasks.QueueOrders))
	r.must(err)
	return o
}

func (r *rig) must(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}

func TestAScrapeTellsHowTheAccountStands(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, room *storetest.Room) {
		r := newRig(t, room)
		ctx := t.Context()
		first := r.accept("a")
		r.accept("b")
		_, err := room.Store.Cancel(ctx, first, "anna", "no")
		r.must(err)
		r.must(room.Fleet.HaltBy(ctx, "anna", "prices"))
		r.must(room.Fleet.Open(ctx, time.Minute))
		r.must(room.Fleet.Close(ctx, "401"))
		r.must(room.Fleet.NoteDuplicate(ctx))
		_, err = room.Fleet.Beat(ctx, "w1")
		r.must(err)
		r.must(room.Store.SetLimits(ctx, store.LimitChange{By: "anna", Budgets: []store.Budget{
			{Scope: store.ScopeDay, Of: "add_recording_minutes", Limit: 20000}, {Scope: store.ScopeBatch, Of: "ob1", Limit: 3},
		}}))
		queue := asynq.NewClientFromRedisClient(room.Redis)
		task, err := tasks.NewPlaceTask(intent("c"))
		r.must(err)
		_, err = queue.EnqueueContext(ctx, task)
		r.must(err)
		text := r.scrape()
		r.says(text,
			`orderq_up 1`, `orderq_orders{kind="add_recording_minutes",state="accepted"} 1`, `orderq_orders{kind="add_recording_minutes",state="cancelled"} 1`,
			`orderq_orders{kind="subscribe_ha",state="accepted"} 0`, `orderq_orders{kind="add_recording_minutes",state="unknown"} 0`,
			`orderq_orders_in_doubt 0`, `orderq_duplicate_orders_total 1`, `orderq_halted 1`, `orderq_breaker_open 1`, `orderq_credentials_refused 1`,
			`orderq_workers{health="alive"} 1`, `orderq_workers{health="silent"} 0`, `orderq_ledger_open 1`, `orderq_ledger_hosts_not_attested 0`,
			`orderq_budget_limit_units{kind="add_recording_minutes",scope="day"} 20000`, `orderq_budget_spent_units{kind="add_recording_minutes",scope="day"} 0`,
			`orderq_queue_tasks{queue="orders",state="pending"} 1`, `orderq_queue_tasks{queue="bulk",state="pending"} 0`, `orderq_queue_paused{queue="orders"} 0`,
			`orderq_oldest_order_age_seconds{state="placed"} 0`,
		)
		if strings.Contains(text, "ob1") || strings.Contains(text, first.ID) || strings.Contains(text, "3658B431119665QJ") {
			t.Errorf("a label grows with the orders:\n%s", text)
		}
	})
}

func TestAScrapeTellsHowWebhooksFare(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, room *storetest.Room) {
		r := newRig(t, room)
		ctx, hooks := t.Context(), hook.Of(room.Store)
		r.accept("before") // nobody is told of it
		add := func() string {
			t.Helper()
			e, _, err := hooks.Add(ctx, hook.Endpoint{URL: "https://hooks.example.com/?key=canary", Enabled: true})
			r.must(err)
			return e.ID
		}
		off, on := add(), add()
		r.must(hooks.Disable(ctx, off, "anna"))
		r.accept("a")
		r.accept("b")
		_, err := hooks.Admit(ctx, on)
		r.must(err)
		some, err := hooks.Take(ctx, on, 2, time.Hour)
		r.must(err)
		e, err := hooks.Get(ctx, on)
		r.must(err)
		r.must(hooks.Done(ctx, on, some[0], hook.Heard{URL: e.URL}, hook.Entry{Outcome: hook.Delivered}))
		for range hook.TripAfter {
			r.must(hooks.Again(ctx, on, some[1], time.Hour, hook.Heard{URL: e.URL, Silence: time.Hour}, hook.Entry{Outcome: hook.Failed}))
		}
		// It happened a while ago: Redis' own clock has moved on.
		events := room.Store.Keys().HookEvents(on)
		r.must(room.Redis.Del(ctx, events).Err())
		r.must(room.Redis.HSet(ctx, events, fmt.Sprintf("%d-0", some[1].Now.Add(-time.Hour).UnixMilli()), "accepted 1", some[1].ID, "accepted 1").Err())
		text := r.scrape()
		w := `webhook="` + on + `"`
		r.says(text,
			`orderq_webhook_enabled{`+w+`} 1`, `orderq_webhook_deliveries_total{result="delivered",`+w+`} 1`, `orderq_webhook_deliveries_total{result="failed",`+w+`} 5`,
			`orderq_webhook_deliveries_total{result="gaveUp",`+w+`} 0`, `orderq_webhook_deliveries_total{result="gone",`+w+`} 0`,
			`orderq_webhook_waiting_events{`+w+`} 2`, `orderq_webhook_breaker_open{`+w+`} 1`, `orderq_webhook_paused{`+w+`} 1`,
			`orderq_webhook_enabled{webhook="`+off+`"} 0`, `orderq_webhook_oldest_waiting_age_seconds{webhook="`+off+`"} 0`, `orderq_webhook_breaker_open{webhook="`+off+`"} 0`,
		)
		found := regexp.MustCompile(`(?m)^orderq_webhook_oldest_waiting_age_seconds\{account="default",` + w + `\} (\S+)$`).FindStringSubmatch(text)
		if found == nil {
			t.Fatalf("no age in\n%s", text)
		}
		if age, err := strconv.ParseFloat(found[1], 64); err != nil || age < 3600 || age > 3600+60 {
			t.Errorf("age %s, want an hour: %v", found[1], err)
		}
		if strings.Contains(text, "canary") || strings.Contains(text, "hooks.example.com") {
			t.Errorf("a URL is told:\n%s", text)
		}
	})
}

func TestAHostThatHasNotAttestedAfterARestartIsCounted(t *testing.T) {
	t.Parallel()
	if !storetest.Available(t) {
		t.Skip("no redis-server, and the embedded Redis has no runs to tell apart")
	}
	room := storetest.Real(t)
	r := newRig(t, room)
	ctx := t.Context()
	// The room's account is volatile; a host of a real one has a name in the list.
	r.must(room.Redis.HDel(ctx, room.Store.Keys().Fleet(), "epoch").Err())
	r.must(room.Redis.HSet(ctx, room.Store.Keys().Hosts(), "name:h1", "one:/var/journal", "attested:h1", "an earlier run").Err())
	r.says(r.scrape(), `orderq_ledger_open 0`, `orderq_ledger_hosts 1`, `orderq_ledger_hosts_not_attested 1`)
}

func TestWithoutRedisAScrapeTellsWhatTheProcessKnows(t *testing.T) {
	t.Parallel()
	room := storetest.Embedded(t)
	r := newRig(t, room)
	r.work.OnRefuse(store.WaitHalt)
	room.Cut(true)
	text := r.scrape()
	r.says(text, `orderq_up 0`, `orderq_gate_refusals_total{reason="halt"} 1`, `orderq_build_info{version="v1"} 1`)
	if strings.Contains(text, "orderq_orders{") {
		t.Errorf("it tells of orders that it cannot know:\n%s", text)
	}
}

func TestAProcessThatEndsTellsOfTheAccountToTheLast(t *testing.T) {
	t.Parallel()
	room := storetest.Embedded(t)
	s := New("default", "v1")
	t.Cleanup(s.Close)
	ctx, cancel := context.WithCancel(t.Context())
	s.Watch(ctx, office.Of(config.Config{Account: "default"}, room.Redis))
	cancel()
	r := &rig{Set: s, t: t, room: room}
	r.says(r.scrape(), `orderq_up 1`)
}

func TestAProcessCountsWhatItDoes(t *testing.T) {
	t.Parallel()
	r := newRig(t, storetest.Embedded(t))
	// Nothing was done yet, and a first increase must be seen.
	r.says(r.scrape(), `orderq_sweeper_repairs_total{repair="dead_worker"} 0`, `orderq_moves_total{kind="subscribe_ha",state="placed"} 0`, `orderq_waits_total{reason="claim"} 0`)
	r.work.OnMove(store.Order{State: store.Placed, Kind: "subscribe_ha"})
	r.work.OnMove(store.Order{State: store.Accepted, Kind: "kind of another version", WaitingFor: store.WaitClaim})
	r.work.OnRepair(worker.RepairTask)
	r.work.OnRefuse(store.RefusedMark)
	r.work.Portal.Observe(yeastar.Call{Endpoint: yeastar.EndpointCreateOrder, Order: true}, yeastar.Answer{Outcome: yeastar.Done}, 300*time.Millisecond)
	r.says(r.scrape(),
		`orderq_moves_total{kind="subscribe_ha",state="placed"} 1`, `orderq_moves_total{kind="other",state="accepted"} 1`, `orderq_waits_total{reason="claim"} 1`,
		`orderq_sweeper_repairs_total{repair="no_task"} 1`, `orderq_gate_refusals_total{reason="mark"} 1`,
		`orderq_portal_call_duration_seconds_count{endpoint="create`+" order\",outcome=\"done\"} 1",
	)
}

func TestHooksThatWereSetAreStillCalled(t *testing.T) {
	t.Parallel()
	n := 0
	c := worker.Config{
		OnMove: func(store.Order) { n++ }, OnRefuse: func(store.Waiting) { n++ }, OnRepair: func(worker.Repair) { n++ },
		Portal: yeastar.Config{Observe: func(yeastar.Call, yeastar.Answer, time.Duration) { n++ }},
	}
	New("default", "v1").Work(&c)
	c.OnMove(store.Order{})
	c.OnRefuse(store.WaitHalt)
	c.OnRepair(worker.RepairTask)
	c.Portal.Observe(yeastar.Call{}, yeastar.Answer{}, 0)
	if n != 4 {
		t.Errorf("%d of 4 were called", n)
	}
}

// families is everything that a working process tells.
func families(t *testing.T) []*dto.MetricFamily {
	t.Helper()
	r := newRig(t, storetest.Embedded(t))
	r.work.Portal.Observe(yeastar.Call{Endpoint: yeastar.EndpointToken}, yeastar.Answer{}, time.Second)
	r.must(r.room.Store.SetLimits(t.Context(), store.LimitChange{Budgets: []store.Budget{{Scope: store.ScopeDay, Of: "subscribe_ha", Limit: 1}}}))
	_, _, err := hook.Of(r.room.Store).Add(t.Context(), hook.Endpoint{URL: "https://hooks.example.com/"})
	r.must(err)
	got, err := r.registry.Gather()
	r.must(err)
	return got
}

func TestPromlintHasNothingToSay(t *testing.T) {
	t.Parallel()
	r := newRig(t, storetest.Embedded(t))
	_, _, err := hook.Of(r.room.Store).Add(t.Context(), hook.Endpoint{URL: "https://hooks.example.com/"})
	r.must(err)
	problems, err := testutil.GatherAndLint(r.registry)
	r.must(err)
	for _, p := range problems {
		t.Errorf("%s: %s", p.Metric, p.Text)
	}
}

func TestTheTablesSayWhatIsTold(t *testing.T) {
	t.Parallel()
	want := map[string]family{}
	for _, f := range slices.Concat(accountFamilies, processFamilies, workFamilies) {
		want[f.name] = f
	}
	for _, got := range families(t) {
		f, known := want[got.GetName()]
		if !known {
			t.Errorf("%s is in no table", got.GetName())
			continue
		}
		delete(want, f.name)
		if kind := strings.ToLower(got.GetType().String()); kind != string(f.kind) || got.GetHelp() != f.help {
			t.Errorf("%s is a %s, %q", f.name, kind, got.GetHelp())
		}
		var labels []string
		for _, l := range got.GetMetric()[0].GetLabel() {
			labels = append(labels, l.GetName())
		}
		if wanted := slices.Sorted(slices.Values(append([]string{"account"}, f.labels...))); !slices.Equal(labels, wanted) {
			t.Errorf("%s has the labels %v, want %v", f.name, labels, wanted)
		}
		if !strings.HasPrefix(f.name, "orderq_") {
			t.Errorf("%s does not begin with orderq_", f.name)
		}
	}
	for name := range want {
		t.Errorf("%s is not told", name)
	}
}

// go test ./cmd/internal/metrics -run Document -update
func TestTheDocumentHasEveryMetric(t *testing.T) {
	t.Parallel()
	const path = "../../../docs/metrics.md"
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	was := string(text)
	for name, table := range map[string][]family{"account": accountFamilies, "process": slices.Concat(processFamilies, workFamilies)} {
		var rows strings.Builder
		rows.WriteString("| metric | type | labels | meaning |\n|---|---|---|---|\n")
		for _, f := range table {
			labels := ""
			for i, l := range f.labels {
				labels += strings.Repeat(", ", min(i, 1)) + "`" + l + "`"
			}
			fmt.Fprintf(&rows, "| `%s` | %s | %s | %s |\n", f.name, f.kind, labels, f.help)
		}
		block := regexp.MustCompile(`(?s)<!-- ` + name + ` -->\n.*?<!-- end -->`)
		if !block.MatchString(was) {
			t.Fatalf("%s has no block of %s", path, name)
		}
		was = block.ReplaceAllLiteralString(was, "<!-- "+name+" -->\n"+rows.String()+"<!-- end -->")
	}
	if was == string(text) {
		return
	}
	if *update {
		if err := os.WriteFile(path, []byte(was), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	t.Errorf("%s is not what the code says: go test ./cmd/internal/metrics -run Document -update", path)
}

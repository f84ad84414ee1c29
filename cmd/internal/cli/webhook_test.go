package cli

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"orderq/cmd/internal/office"
	"orderq/store/hook"
)

// delivery is what a receiver heard.
type delivery struct {
	header http.Header
	body   []byte
}

// receiver is an endpoint that this desk may call.
func (d *desk) receiver(status func(n int) int) (url string, heard <-chan delivery) {
	d.t.Helper()
	c := make(chan delivery, 1000)
	n := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		n++
		w.WriteHeader(status(n))
		_, _ = w.Write([]byte("thank you"))
		c <- delivery{r.Header, body}
	}))
	d.t.Cleanup(server.Close)
	d.set("ORDERQ_WEBHOOK_ALLOW", "127.0.0.0/8")
	return server.URL, c
}

func (d *desk) webhook(args ...string) office.SecretWebhook {
	d.t.Helper()
	var s office.SecretWebhook
	if err := json.Unmarshal([]byte(d.must(exitDone, append([]string{"--json", "webhook"}, args...)...).out), &s); err != nil {
		d.t.Fatal(err)
	}
	return s
}

func TestAWebhookIsAddedTestedToldAndRemoved(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	url, heard := d.receiver(func(int) int { return http.StatusOK })
	s := d.webhook("add", url, "--state", "placed", "--description", "the CRM", "--by", "anna")
	verify, err := standardwebhooks.NewWebhook(s.Secret)
	if err != nil || s.By != "anna" || s.Description != "the CRM" || !s.Enabled {
		t.Fatalf("%+v, %v", s.Endpoint, err)
	}

	says(t, d.must(exitDone, "webhook", "test", s.ID).out, "200 OK", "thank you", "test_")
	if m := <-heard; verify.Verify(m.body, m.header) != nil || !strings.Contains(string(m.body), `"type":"webhook.test"`) {
		t.Errorf("%s", m.body)
	}

	d.worker()
	d.must(exitDone, minutes("--reference", "crm-1", "--wait", "30s")...)
	m := <-heard
	if err := verify.Verify(m.body, m.header); err != nil {
		t.Error(err)
	}
	says(t, string(m.body), `"type":"order.placed"`, `"reference":"crm-1"`, `"state":"placed"`)

	log := d.must(exitDone, "--json", "webhook", "log", s.ID).out
	for over := time.Now().Add(patience); !strings.Contains(log, `"delivered"`); { // it is heard before that is written down
		if time.Now().After(over) {
			t.Fatalf("not written down: %s", log)
		}
		log = d.must(exitDone, "--json", "webhook", "log", s.ID).out
	}
	var e hook.Entry
	if err := json.Unmarshal([]byte(strings.SplitN(log, "\n", 2)[0]), &e); err != nil || e.Outcome != hook.Delivered || e.Status != 200 || e.Answer != "thank you" {
		t.Errorf("%+v, %v", e, err)
	}
	says(t, d.must(exitDone, "webhook", "log", s.ID).out, "delivered", "200 OK", e.Event)

	says(t, d.must(exitDone, "webhook", "replay", s.ID, "--event", e.Event).out, s.ID)
	if again := <-heard; again.header.Get("webhook-id") != m.header.Get("webhook-id") {
		t.Errorf("replayed as %s, first %s", again.header.Get("webhook-id"), m.header.Get("webhook-id"))
	}
	d.must(exitDone, "webhook", "replay", s.ID, "--since", "2026-01-01T00:00:00Z")
	if again := <-heard; again.header.Get("webhook-id") != m.header.Get("webhook-id") {
		t.Errorf("replayed as %s", again.header.Get("webhook-id"))
	}

	says(t, d.must(exitDone, "webhook", "list").out, s.ID, "yes", "placed", url[:20])
	says(t, d.must(exitDone, "webhook", "show", s.ID).out, "the CRM", "anna", url)
	says(t, d.must(exitDone, "webhook", "remove", s.ID).out, "removed")
	says(t, d.must(exitFailed, "webhook", "show", s.ID).err, "no such webhook", "webhook list")
	says(t, d.must(exitDone, "webhook", "list").err, "no webhooks")
}

func TestASecretIsShownWhenItIsMadeAndNeverAgain(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	url, heard := d.receiver(func(int) int { return http.StatusOK })
	first := d.webhook("add", url)
	second := d.webhook("rotate", first.ID, "--keep", "1h")
	d.must(exitDone, "webhook", "test", first.ID)
	m := <-heard
	for _, secret := range []string{first.Secret, second.Secret} {
		verify, err := standardwebhooks.NewWebhook(secret)
		if err != nil || verify.Verify(m.body, m.header) != nil {
			t.Errorf("one of the two does not verify: %v", err)
		}
	}
	if first.Secret == second.Secret || !strings.HasPrefix(second.Secret, "whsec_") {
		t.Error("it was not rotated")
	}
	shown := d.must(exitDone, "webhook", "rotate", first.ID, "--keep", "0s")
	says(t, shown.out, "whsec_")
	says(t, shown.err, "not shown again")
	for _, args := range [][]string{{"list"}, {"show", first.ID}, {"log", first.ID}, {"test", first.ID}, {"disable", first.ID}, {"enable", first.ID}, {"remove", first.ID}} {
		for _, more := range [][]string{nil, {"--json"}} {
			if args[0] == "remove" && more != nil {
				continue
			}
			a := d.must(exitDone, append(append([]string{"webhook"}, args...), more...)...)
			if strings.Contains(a.out+a.err, "whsec_") {
				t.Errorf("webhook %v shows a secret:\n%s%s", args, a.out, a.err)
			}
		}
	}
}

func TestAReceiverThatSaysNoIsShown(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	url, _ := d.receiver(func(int) int { return http.StatusForbidden })
	s := d.webhook("add", url, "--disabled")
	if s.Enabled || s.Why != "disabled by tester" {
		t.Errorf("%+v", s.Endpoint)
	}
	says(t, d.must(exitFailed, "webhook", "test", s.ID).out, "403 Forbidden", "2xx alone is a yes")
	says(t, d.must(exitDone, "webhook", "enable", s.ID).out, "yes")
	says(t, d.must(exitDone, "webhook", "disable", s.ID, "--by", "eve").out, "no: disabled by eve")
	says(t, d.must(exitDone, "webhook", "log", s.ID).out, "enabled by tester", "disabled by eve", "403 Forbidden")
}

func TestAWebhookThatCannotBeMeantIsWrongUse(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"add"}, "the URL to call"},
		{[]string{"add", "http://127.0.0.1:1/"}, "127.0.0.1 must not be called: it is loopback; ORDERQ_WEBHOOK_ALLOW"},
		{[]string{"add", "http://hooks.example.com/"}, "use https"},
		{[]string{"add", "https://anna:canary-client-secret@h/"}, "has a user or a password"},
		{[]string{"add", "https://hooks.example.com/", "--state", "plaiced"}, `--state "plaiced": want one of`},
		{[]string{"add", "https://hooks.example.com/", "--kind", "minutes"}, `--kind "minutes": want one of`},
		{[]string{"log", "wh0", "--limit", "0"}, "want a whole number from 1"},
	} {
		says(t, d.must(exitUsage, append([]string{"webhook"}, c.args...)...).err, c.want)
	}
	s := d.webhook("add", "https://hooks.example.com/")
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"replay", s.ID}, "say one"},
		{[]string{"replay", s.ID, "--event", "1-0", "--since", "1-0"}, "say one"},
		{[]string{"replay", s.ID, "--event", "yesterday"}, "is no event's id"},
		{[]string{"replay", s.ID, "--since", "yesterday"}, "or a time"},
		{[]string{"replay", s.ID, "--since", "5-0"}, "nothing to replay"},
		{[]string{"rotate", s.ID, "--keep", "for ever"}, "want a time from 0s"},
	} {
		says(t, d.must(exitUsage, append([]string{"webhook"}, c.args...)...).err, c.want)
	}
	says(t, d.must(exitFailed, "webhook", "replay", s.ID, "--event", "5-0").err, "no such event")
	for _, name := range []string{"show", "remove", "rotate", "test", "log", "enable", "disable"} {
		says(t, d.must(exitFailed, "webhook", name, "wh0").err, "no such webhook")
	}
}

func TestAWebhookIsChangedInPlace(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	before, old := d.receiver(func(int) int { return http.StatusOK })
	after, heard := d.receiver(func(int) int { return http.StatusOK })
	s := d.webhook("add", before, "--state", "placed", "--kind", "subscribe_ha", "--description", "the CRM")
	says(t, d.must(exitDone, "webhook", "set", s.ID, "--url", after, "--kind", "", "--by", "eve").out, after, "told of       placed\n", "the CRM")
	got := d.webhook("set", s.ID, "--state", "", "--description", "")
	if got.URL != after || got.States != nil || got.Kinds != nil || got.Description != "" || got.Secret != "" {
		t.Errorf("%+v", got)
	}
	d.must(exitDone, "webhook", "test", s.ID)
	m := <-heard
	if verify, err := standardwebhooks.NewWebhook(s.Secret); err != nil || verify.Verify(m.body, m.header) != nil || len(old) != 0 {
		t.Errorf("the secret is another: %v; %d at the URL before", err, len(old))
	}
	log := d.must(exitDone, "--json", "webhook", "log", s.ID).out
	says(t, log, "url, kinds changed by eve", "states, description changed by tester")
	if strings.Contains(log, after) {
		t.Errorf("the log has the URL, which may have keys in it:\n%s", log)
	}
	says(t, d.must(exitUsage, "webhook", "set", s.ID).err, "nothing is to be changed")
	says(t, d.must(exitUsage, "webhook", "set", s.ID, "--url", "http://10.0.0.1/").err, "the URL 10.0.0.1 must not be called")
	says(t, d.must(exitUsage, "webhook", "set", s.ID, "--state", "plaiced").err, "did you mean placed")
	says(t, d.must(exitFailed, "webhook", "set", "whaaaaaaaaaaaaaaaa", "--url", after).err, "no such webhook")
}

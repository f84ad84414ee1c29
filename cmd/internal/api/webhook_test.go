package api_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"orderq/cmd/internal/api"
	"orderq/cmd/internal/config"
	"orderq/cmd/internal/office"
	"orderq/store"
	"orderq/store/hook"
	"orderq/store/storetest"
)

func mayCallLoopback(c *config.Config, _ *api.Config) {
	c.WebhookAllow = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
}

func TestAWebhookIsManagedOverHTTP(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, room *storetest.Room) {
		r := newRig(t, room, mayCallLoopback)
		type delivery struct {
			header http.Header
			body   []byte
		}
		heard := make(chan delivery, 10)
		receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
			body, _ := io.ReadAll(req.Body) // what is missing does not verify
			http.Error(w, "who are you?", http.StatusForbidden)
			heard <- delivery{req.Header, body}
		}))
		defer receiver.Close()

		r.get("/v1/webhooks").must(http.StatusOK).says(`{"webhooks":[]}`)
		made := r.post("/v1/webhooks", `{"url":"`+receiver.URL+`","states":["placed"],"description":"the CRM","by":"anna"}`).must(http.StatusCreated)
		var s office.SecretWebhook
		made.into(&s)
		path := made.header.Get("Location")
		if path != "/v1/webhooks/"+s.ID || s.By != "anna" || !s.Enabled {
			t.Errorf("%s %s", path, made.body)
		}
		rotated := r.post(path+"/rotate", `{"keep":"1h"}`).must(http.StatusOK)
		var next office.SecretWebhook
		rotated.into(&next)

		r.post(path+"/test", `{}`).must(http.StatusOK).says(`"status":403`, `"answer":"who are you?"`, `"outcome":"test"`)
		m := <-heard
		for _, secret := range []string{s.Secret, next.Secret} {
			verify, err := standardwebhooks.NewWebhook(secret)
			if err != nil || verify.Verify(m.body, m.header) != nil {
				t.Errorf("one of the two secrets does not verify %s: %v", m.body, err)
			}
		}

		r.post(path+"/disable", `{"by":"eve"}`).must(http.StatusOK).says(`"enabled":false`, `"why":"disabled by eve"`)
		r.post(path+"/enable", `{}`).must(http.StatusOK).says(`"enabled":true`)
		r.post("/v1/orders", minutes("a")).must(http.StatusAccepted)
		if _, err := r.office.Hooks().Admit(t.Context(), s.ID); err != nil {
			t.Fatal(err)
		}
		last, err := room.Redis.XRevRangeN(t.Context(), room.Store.Keys().Events(), "+", "-", 1).Result()
		if err != nil {
			t.Fatal(err)
		}
		r.get(path).must(http.StatusOK).says(`"pending":0`, `"cursor":"`+last[0].ID+`"`) // accepted is not asked for
		r.post(path+"/replay", `{"event":"`+last[0].ID+`"}`).must(http.StatusOK).says(`"pending":1`)
		r.post(path+"/replay", `{"since":"2026-01-01T00:00:00Z"}`).must(http.StatusOK).says(`"cursor":"1767225599999-999999999999"`)

		var log api.WebhookLog
		r.get(path + "/log?limit=3").must(http.StatusOK).into(&log)
		if len(log.Log) != 3 || log.Log[0].Outcome != hook.Noted || !strings.Contains(log.Log[0].Reason, "by http") {
			t.Errorf("%+v", log.Log)
		}
		all := r.get("/v1/webhooks").must(http.StatusOK).says(s.ID).body + r.get(path).body + r.get(path+"/log").body + r.logged()
		removed := r.do(ask{method: "DELETE", path: path, body: `{}`}).must(http.StatusOK).says(s.ID).body
		for _, secret := range []string{s.Secret, next.Secret} {
			if strings.Contains(all+removed, strings.TrimPrefix(secret, "whsec_")) {
				t.Errorf("a secret is told again:\n%s", all)
			}
		}
		r.get(path).is(http.StatusNotFound, "not-found")
	})
}

func TestAWebhookThatCannotBeMeantIsRefused(t *testing.T) {
	t.Parallel()
	r := newRig(t, storetest.Embedded(t))
	for body, want := range map[string]string{
		`{}`:                              "url",
		`{"url":"http://127.0.0.1:6379"}`: "it is loopback",
		`{"url":"https://169.254.169.254/latest/meta-data"}`:                                            "link-local",
		`{"url":"https://[::ffff:10.0.0.1]/"}`:                                                          "it is private",
		`{"url":"https://u:` + canary + `@h/"}`:                                                         "has a user or a password",
		`{"url":"https://h/","states":["plaiced"]}`:                                                     "did you mean placed",
		`{"url":"https://h/","kinds":["x"]}`:                                                            "want one of",
		`{"url":"https://h/","secret":"whsec_mine"}`:                                                    "there is no such field",
		`{"url":"https://h/","description":"a\u0000b"}`:                                                 "control character",
		`{"url":"https://h/","enabled":"no"}`:                                                           "of another type",
		`{"url":"https://h/","by":"` + strings.Repeat("x", 101) + `"}`:                                  "at most 100",
		`{"url":"https://h/","description":"` + strings.Repeat("x", 501) + `"}`:                         "at most 500",
		`{"url":"https://h/","url":"https://other/"}`:                                                   "",
		`{"url":"https://h/","states":[` + strings.TrimSuffix(strings.Repeat(`"x",`, 1000), ",") + `]}`: "want one of",
	} {
		p := r.post("/v1/webhooks", body).is(http.StatusBadRequest, "invalid")
		if !strings.Contains(p.Detail, want) {
			t.Errorf("%.80s: %s, want %q", body, p.Detail, want)
		}
	}
	for _, path := range []string{"/enable", "/disable", "/rotate", "/test"} {
		r.post("/v1/webhooks/wh0"+path, `{}`).is(http.StatusNotFound, "not-found")
	}
	r.post("/v1/webhooks/wh0/replay", `{"event":"1-0"}`).is(http.StatusNotFound, "not-found")
	r.get("/v1/webhooks/wh0/log").is(http.StatusNotFound, "not-found")
	r.do(ask{method: "DELETE", path: "/v1/webhooks/wh0", body: `{}`}).is(http.StatusNotFound, "not-found")

	var s office.SecretWebhook
	r.post("/v1/webhooks", `{"url":"https://hooks.example.com/","enabled":false}`).must(http.StatusCreated).says(`"enabled":false`).into(&s)
	path := "/v1/webhooks/" + s.ID
	for _, body := range []string{`{}`, `{"event":"x"}`, `{"since":"x"}`, `{"event":"1-0","since":"1-0"}`, `{"since":"9-0"}`} {
		r.post(path+"/replay", body).is(http.StatusBadRequest, "invalid")
	}
	r.post(path+"/replay", `{"event":"1-0"}`).is(http.StatusNotFound, "not-found")
	for _, beside := range []string{":secrets", ":log", ":events"} { // keys, and no webhooks
		r.get(path+beside).is(http.StatusNotFound, "not-found")
		r.do(ask{method: "DELETE", path: path + beside, body: `{}`}).is(http.StatusNotFound, "not-found")
	}
	r.post(path+"/rotate", `{"keep":"-1s"}`).is(http.StatusBadRequest, "invalid")
	r.get(path+"/log?limit=0").is(http.StatusBadRequest, "invalid")
	for range hook.MostEndpoints - 1 {
		r.post("/v1/webhooks", `{"url":"https://hooks.example.com/"}`).must(http.StatusCreated)
	}
	r.post("/v1/webhooks", `{"url":"https://hooks.example.com/"}`).is(http.StatusConflict, "state")
}

func TestWebhooksAreTheOperators(t *testing.T) {
	t.Parallel()
	r := newRig(t, storetest.Embedded(t), tokens("v:viewer:"+canary+"1,p:producer:"+canary+"2,o:operator:"+canary+"3"))
	as := func(n string) map[string]string { return map[string]string{"Authorization": "Bearer " + canary + n} }
	for _, n := range []string{"1", "2"} {
		r.do(ask{method: "GET", path: "/v1/webhooks", header: as(n)}).is(http.StatusForbidden, "forbidden")
		r.do(ask{method: "POST", path: "/v1/webhooks", body: `{"url":"https://h/"}`, header: as(n)}).is(http.StatusForbidden, "forbidden")
	}
	var s office.SecretWebhook
	r.do(ask{method: "POST", path: "/v1/webhooks", body: `{"url":"https://h/","by":"somebody else"}`, header: as("3")}).must(http.StatusCreated).into(&s)
	if s.By != "o" {
		t.Errorf("added by %q, want the token's name", s.By)
	}
}

func TestTheWebhookExamplesAreTakenByTheServer(t *testing.T) {
	t.Parallel()
	r := newRig(t, storetest.Embedded(t))
	example := func(method, path string) string {
		t.Helper()
		op, known := r.doc.operation(method, path)
		if !known {
			t.Fatalf("%s %s is not documented", method, path)
		}
		return string(op.RequestBody.Content["application/json"].Example)
	}
	var s office.SecretWebhook
	r.post("/v1/webhooks", example("POST", "/v1/webhooks")).must(http.StatusCreated).into(&s)
	path := "/v1/webhooks/" + s.ID
	r.do(ask{method: "PATCH", path: path, body: example("PATCH", path)}).must(http.StatusOK)
	for _, what := range []string{"enable", "disable", "rotate"} {
		r.post(path+"/"+what, example("POST", path+"/"+what)).must(http.StatusOK)
	}
	r.post("/v1/orders", minutes("a")).must(http.StatusAccepted)
	r.post(path+"/enable", `{}`).must(http.StatusOK)
	if _, err := r.office.Hooks().Admit(t.Context(), s.ID); err != nil {
		t.Fatal(err)
	}
	r.post(path+"/replay", example("POST", path+"/replay")).must(http.StatusOK)
	r.do(ask{method: "DELETE", path: path, body: example("DELETE", path)}).must(http.StatusOK)
	if !json.Valid([]byte(example("POST", path+"/test"))) {
		t.Error("no example of a test")
	}
}

func TestAWebhookIsChangedAndWhatIsLeftOutStays(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, room *storetest.Room) {
		r := newRig(t, room)
		var s office.SecretWebhook
		r.post("/v1/webhooks", `{"url":"https://h.example.com/a","states":["placed"],"kinds":["subscribe_ha"],"description":"the CRM","by":"anna"}`).must(http.StatusCreated).into(&s)
		path, key := "/v1/webhooks/"+s.ID, room.Store.Keys().Hook(s.ID)
		// It fails, and its receiver has asked for a pause.
		if err := room.Redis.HSet(t.Context(), key, "failures", 7, "resume", time.Now().Add(time.Hour).UnixMilli()).Err(); err != nil {
			t.Fatal(err)
		}
		patch := func(body string) said { t.Helper(); return r.do(ask{method: "PATCH", path: path, body: body}) }
		want := s.Endpoint
		is := func(got said) {
			t.Helper()
			var e hook.Endpoint
			got.must(http.StatusOK).into(&e)
			e.PausedUntil = time.Time{}
			if diff := cmp.Diff(want, e); diff != "" {
				t.Error(diff)
			}
		}
		want.Failures, want.States = 7, []store.State{store.Placed, store.Review}
		is(patch(`{"states":["placed","review"],"by":"eve"}`))
		want.Kinds = nil
		is(patch(`{"kinds":[]}`))
		want.Description = "ours"
		is(patch(`{"description":"ours","url":"https://h.example.com/a"}`)) // the same URL fails on
		r.get(path).says(`"pausedUntil"`)
		want.URL, want.Failures = "https://h.example.com/b", 0
		is(patch(`{"url":"https://h.example.com/b"}`))
		if got := r.get(path); strings.Contains(got.body, "pausedUntil") {
			t.Errorf("another URL is paused, too: %s", got.body)
		}
		r.get(path+"/log").says("states changed by eve", "url, description changed by http")
		if secrets, err := r.office.Hooks().Secrets(t.Context(), s.ID); err != nil || len(secrets) != 1 || secrets[0].Reveal() != s.Secret {
			t.Errorf("the secret is another: %v", err)
		}

		before := room.Dump(t)
		for body, says := range map[string]string{
			`{}`: "nothing is to be changed", `{"by":"anna"}`: "nothing is to be changed", `{"url":null}`: "is null", `{"states":null,"description":"x"}`: "is null",
			`{"url":""}`: "url", `{"url":"https://10.0.0.1/"}`: "it is private", `{"url":"http://h/"}`: "http is not encrypted", `{"states":["plaiced"]}`: "did you mean placed",
			`{"states":[null]}`: "want one of", `{"kinds":"subscribe_ha"}`: "of another type", `{"enabled":false}`: "there is no such field", `{"URL":"https://h/"}`: "there is no such field",
			`{"description":"a","description":"b"}`: "", `{"secret":"whsec_mine"}`: "there is no such field", `[]`: "", `null`: "", `{"description":"a\u0000b"}`: "control character",
		} {
			if p := patch(body).is(http.StatusBadRequest, "invalid"); !strings.Contains(p.Detail, says) {
				t.Errorf("%s: %s, want %q", body, p.Detail, says)
			}
		}
		if room.Dump(t) != before {
			t.Error("something was changed")
		}
		r.do(ask{method: "PATCH", path: "/v1/webhooks/whaaaaaaaaaaaaaaaa", body: `{"description":"x"}`}).is(http.StatusNotFound, "not-found")
		r.do(ask{method: "PATCH", path: path + ":secrets", body: `{"description":"x"}`}).is(http.StatusNotFound, "not-found")
		r.do(ask{method: "PATCH", path: path, body: `{"description":"x"}`, header: map[string]string{"Content-Type": "text/plain"}}).is(http.StatusUnsupportedMediaType, "content-type")
		r.do(ask{method: "PATCH", path: path, body: `{"description":"x"}`, header: map[string]string{"Origin": "https://evil.example"}}).is(http.StatusForbidden, "cross-site")
	})
}

package yeastar

import (
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

func TestASecretDoesNotPrint(t *testing.T) {
	t.Parallel()
	s := Secret("canary")
	cfg := Config{ClientSecret: s}
	var out strings.Builder
	// Not %p: fmt prints a string for it whatever its type says, and vet refuses it.
	for _, verb := range strings.Split("v +v #v s q x X d t b o c U e T 10s .2s", " ") {
		fmt.Fprintf(&out, "%"+verb+" ", s)
		fmt.Fprintf(&out, "%"+verb+" ", cfg)
		fmt.Fprintf(&out, "%"+verb+" ", &s)
	}
	for _, v := range []any{s, cfg.ClientSecret, map[string]Secret{"s": s}, []Secret{s}} {
		b, _ := json.Marshal(v)
		out.Write(b)
	}
	b, _ := xml.Marshal(struct{ S Secret }{s})
	out.Write(b)
	slog.New(slog.NewTextHandler(&out, nil)).Info("x", "s", s, "cfg", []any{s})
	slog.New(slog.NewJSONHandler(&out, nil)).Info("x", "s", s)
	if strings.Contains(strings.ToLower(out.String()), "canary") || strings.Contains(out.String(), "63616e617279") {
		t.Errorf("it printed: %s", out.String())
	}
	if s.Reveal() != "canary" {
		t.Error("it cannot be read either")
	}
}

// The portal, or something before it, sends back everything it was told: nothing of it may come out.
func TestEchoedSecretsStayInside(t *testing.T) {
	t.Parallel()
	echo := func(p *portal, status int, envelope bool) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			_, bodies := p.requests(strings.TrimPrefix(r.URL.Path, basePath))
			body := bodies[len(bodies)-1]
			form, _ := url.ParseQuery(body)
			said := r.Header.Get("Authorization") + body + form.Get("client_secret") + form.Get("refresh_token")
			said += strings.Repeat("-", maxMessage-len(said)-20) + said // an echo across the cut
			if !envelope {
				answer(status, said)(w, r)
				return
			}
			w.WriteHeader(status)
			_ = json.NewEncoder(w).Encode(map[string]any{"code": said, "detailMessage": said, "requestId": said, "status": status, "result": nil})
		}
	}
	check := func(what string, v ...any) {
		t.Helper()
		for _, verb := range []string{"%v", "%+v", "%s", "%q"} {
			for _, x := range v {
				if s := fmt.Sprintf(verb, x); strings.Contains(s, "canary") {
					t.Errorf("%s: %s", what, s)
				}
			}
		}
	}
	for _, status := range []int{200, 400, 401, 403, 500} {
		for _, envelope := range []bool{true, false} {
			p := newPortal(t, nil)
			h := echo(p, status, envelope)
			p.route(contactsPath, h)
			p.route(savePath, h)
			c := p.client(t)
			a := submit(c)
			_, err := c.BillingContacts(context.Background())
			check("call", a.Detail, a.Code, a.Message, a.RequestID, string(a.Raw), err, errors.Unwrap(err), c)

			p.route(tokenPath, h)
			c.tokens.current.renewAt = c.now()
			a = submit(c)
			_, err = c.BillingContacts(context.Background())
			check("token", a.Detail, a.Code, a.Message, a.RequestID, string(a.Raw), err, errors.Unwrap(err), fmt.Sprintf("%#v", c))
		}
	}
}

func TestErrorsDoNotQuoteAddressesWithSecrets(t *testing.T) {
	t.Parallel()
	for _, base := range []string{"https://user:canary@example.com", "https://user:canary@exa mple.com", "http://x:canary@10.0.0.1/"} {
		if _, err := New(Config{BaseURL: base, ClientID: "id", ClientSecret: "s"}); err == nil || strings.Contains(err.Error(), "canary") {
			t.Errorf("got %v", err)
		}
	}
}

func TestHalfASecretIsOneToo(t *testing.T) {
	t.Parallel()
	body := strings.Repeat("x", 50) + "canary-secret"
	a := Classify(Wire{Status: 200, Body: []byte(body[:60]), Cut: true, secrets: secrets{"canary-secret"}})
	if strings.Contains(string(a.Raw), "canary") || !strings.HasPrefix(string(a.Raw), "xxxx") {
		t.Errorf("got %q", a.Raw)
	}
}

func TestOneLetterSecretsDoNotTearTextsApart(t *testing.T) {
	t.Parallel()
	if got := (secrets{"a", ""}).hide("a banana"); got != "a banana" {
		t.Errorf("got %q", got)
	}
}

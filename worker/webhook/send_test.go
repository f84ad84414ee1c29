package webhook

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"orderq/store/hook"
	"orderq/store/storetest"
)

// deaf answers before it has read anything but the header, and hangs up.
func (r *rig) deaf() (url string) {
	r.t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	r.must(err)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			in := bufio.NewReader(c)
			for line := "begin"; strings.TrimSpace(line) != "" && err == nil; {
				line, err = in.ReadString('\n')
			}
			_, _ = c.Write([]byte("HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n"))
			_ = c.(*net.TCPConn).CloseWrite()
			_, _ = in.WriteTo(nothing{})
			_ = c.Close()
		}
	}()
	r.t.Cleanup(func() { _ = l.Close(); <-done })
	return "http://" + l.Addr().String()
}

type nothing struct{}

func (nothing) Write(p []byte) (int, error) { return len(p), nil }

func TestWhileASecretIsRotatedBothSign(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, room *storetest.Room) {
		r := newRig(t, room)
		v := r.receive(nil)
		id := r.add(v)
		before := v.secret
		var err error
		v.secret, err = r.hooks.Rotate(t.Context(), id, time.Hour, "anna")
		r.must(err)
		r.start()
		r.accept("a")
		m := v.hears() // verified by the new one already
		if err := verified(before, m); err != nil {
			t.Errorf("the secret before does not verify: %v", err)
		}
		signatures := strings.Fields(m.header.Get("webhook-signature"))
		if len(signatures) != 2 || signatures[0] == signatures[1] {
			t.Fatalf("signatures %q, want two", signatures)
		}
		// Each by itself: a receiver that knows one of them finds it wherever it stands.
		for i, secret := range []hook.Secret{v.secret, before} {
			alone := m
			alone.header = m.header.Clone()
			alone.header.Set("webhook-signature", signatures[i])
			if err := verified(secret, alone); err != nil {
				t.Errorf("signature %d: %v", i+1, err)
			}
		}
		if err := verified(hook.NewSecret(), m); err == nil {
			t.Error("any secret verifies: the test shows nothing")
		}
		m.body[len(m.body)-2] ^= 1
		if err := verified(v.secret, m); err == nil {
			t.Error("a changed body verifies")
		}
	})
}

func TestASignatureIsWhatTheSpecificationsLibraryMakes(t *testing.T) {
	t.Parallel()
	// The secret and the message of the specification's own examples.
	secret, body := hook.Secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"), []byte(`{"test": 2432232314}`)
	at := time.Unix(1614265330, 0)
	wh, err := standardwebhooks.NewWebhook(secret.Reveal())
	if err != nil {
		t.Fatal(err)
	}
	want, err := wh.Sign("msg_p5jXN8AQM9LWM0D4loKWxJek", at, body)
	if err != nil {
		t.Fatal(err)
	}
	got, err := sign([]hook.Secret{secret}, "msg_p5jXN8AQM9LWM0D4loKWxJek", at, body)
	if err != nil || got != want || got != "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=" {
		t.Errorf("%s, want %s; %v", got, want, err)
	}
	if _, err := sign([]hook.Secret{secret, "whsec_c2hvcnQ="}, "id", at, body); err == nil {
		t.Error("a secret that is too short signs")
	}
}

func TestATestButtonShowsTheAnswer(t *testing.T) {
	t.Parallel()
	r := newRig(t, storetest.Embedded(t))
	v := r.receive(func(n int, m message, w http.ResponseWriter) {
		if m.Type != "webhook.test" {
			t.Errorf("%s", m.body)
		}
		if n == 2 {
			http.Error(w, "who are you?", http.StatusForbidden)
		}
	})
	id := r.add(v, func(e *hook.Endpoint) { e.Enabled = false })
	s := NewSender(SenderConfig{Guard: loopback()})
	defer s.Close()
	for n, want := range []hook.Entry{{Status: 200}, {Status: 403, Answer: "who are you?", Reason: "answered 403, and 2xx alone is a yes"}} {
		got, err := s.Test(t.Context(), r.hooks, "default", r.endpoint(id), "x")
		r.must(err)
		m := v.hears()
		if got.Outcome != hook.Tested || got.Status != want.Status || got.Answer != want.Answer || got.Reason != want.Reason || got.WebhookID != m.id || got.At.IsZero() {
			t.Errorf("%+v, want %+v, heard as %s", got, want, m.id)
		}
		if log, err := r.hooks.Log(t.Context(), id, 10); err != nil || len(log) != n+1 || log[0].Status != want.Status {
			t.Errorf("%+v, %v", log, err)
		}
	}
}

func TestHTTPSIsVerifiedAndALoopbackThatIsNotNamedIsNotCalled(t *testing.T) {
	t.Parallel()
	called := 0
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { called++ }))
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // who does not trust it hangs up
	server.StartTLS()
	defer server.Close()
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	secrets := []hook.Secret{hook.NewSecret()}
	for _, c := range []struct {
		name  string
		guard Guard
		tls   *tls.Config
		want  string
	}{
		{"trusted", loopback(), &tls.Config{RootCAs: roots}, ""},
		{"not trusted", loopback(), nil, "certificate"},
		{"not named", Guard{}, &tls.Config{RootCAs: roots}, "127.0.0.1 must not be called"},
		{"another named", Guard{[]netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}}, &tls.Config{RootCAs: roots}, "127.0.0.1 must not be called"},
	} {
		s := NewSender(SenderConfig{Guard: c.guard, TLS: c.tls})
		a := s.Send(t.Context(), hook.Endpoint{URL: server.URL}, secrets, "x", []byte("{}"))
		s.Close()
		if c.want == "" && !a.ok() || c.want != "" && (a.Err == nil || !strings.Contains(a.Err.Error(), c.want)) {
			t.Errorf("%s: %+v, want %q", c.name, a, c.want)
		}
	}
	if called != 1 {
		t.Errorf("called %d times, want once", called)
	}
}

func TestAnErrorTellsNeitherTheURLNorOurResolver(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := l.Addr().String()
	_ = l.Close()
	s := NewSender(SenderConfig{Guard: loopback()})
	defer s.Close()
	for _, at := range []string{nobody, "no-such-name.invalid:80"} {
		a := s.Send(t.Context(), hook.Endpoint{URL: "http://" + at + "/in?key=canary"}, []hook.Secret{hook.NewSecret()}, "x", nil)
		if a.ok() || a.Err == nil || strings.Contains(a.Err.Error(), "canary") || strings.Contains(a.Err.Error(), "/in") || strings.Contains(a.Err.Error(), " on ") {
			t.Errorf("%s: %v", at, a.Err)
		}
	}
	if a := s.Send(t.Context(), hook.Endpoint{URL: "http://" + nobody}, nil, "x", nil); a.Err == nil || !strings.Contains(a.Err.Error(), "rotate it") {
		t.Errorf("without a secret: %v", a.Err)
	}
}

// A receiver knows the secret and may say it; the log has readers who may not.
func TestASecretIsInNoLogAndNoKeyButItsOwn(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, room *storetest.Room) {
		r := newRig(t, room)
		var v *receiver
		v = r.receive(func(n int, _ message, w http.ResponseWriter) {
			if n <= 2 {
				w.WriteHeader(http.StatusInternalServerError)
			}
			_, _ = w.Write([]byte(strings.Repeat(" ", 300) + v.secret.Reveal() + " and " + strings.TrimPrefix(v.secret.Reveal(), "whsec_")))
		})
		id := r.add(v)
		r.start()
		r.accept("a")
		for _, want := range []hook.Outcome{hook.Failed, hook.Failed, hook.Delivered} {
			if got := r.tried(want); got.Answer != "*** and ***" {
				t.Errorf("%+v", got)
			}
			r.later(id)
		}
		s := NewSender(SenderConfig{Guard: loopback()})
		defer s.Close()
		if got, err := s.Test(t.Context(), r.hooks, "default", r.endpoint(id), "x"); err != nil || got.Answer != "*** and ***" {
			t.Errorf("%+v, %v", got, err)
		}
		bare := strings.TrimPrefix(v.secret.Reveal(), "whsec_")
		seen := false
		for line := range strings.Lines(room.Dump(t)) {
			if has, may := strings.Contains(line, bare), strings.Contains(line, ":secrets "); has != may {
				t.Errorf("secret %v: %s", has, line)
			} else {
				seen = seen || has
			}
		}
		if said := r.said(); strings.Contains(said, bare) || said == "" || !seen {
			t.Errorf("kept %v, log:\n%s", seen, said)
		}
	})
}

func TestWhatOthersWroteIsMadeReadable(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"a\r\n\tb \x1b[31m\x00c": "a b [31m c", "\xff\xfeok\u0085": "ok", "": "", strings.Repeat("ä", 200): strings.Repeat("ä", 128) + "…",
	} {
		if got := readable(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

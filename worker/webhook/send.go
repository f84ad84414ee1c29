package webhook

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode"

	"orderq/store/hook"
)

const (
	// sendWithin is a delivery, from dialling to the last byte that is read of its answer.
	sendWithin = 10 * time.Second
	// dialWithin is the dialling: one of several addresses may be dead.
	dialWithin = 5 * time.Second
	// mostAnswer is how many bytes of an answer are read.
	mostAnswer = 64 << 10
	// mostShown is how many of them the log keeps.
	mostShown = 256
)

// Sender POSTs messages. Safe for concurrent use. Close it.
type Sender struct {
	guard         Guard
	secure, plain *http.Client
	within        time.Duration
	now           func() time.Time
}

// SenderConfig is what a Sender needs. Each field: unit, special values, default.
type SenderConfig struct {
	Guard    Guard            // zero: public addresses alone
	Within   time.Duration    // for a delivery; 0: 10s
	Resolver *net.Resolver    // nil: the system's
	TLS      *tls.Config      // nil: the system's certificates
	Now      func() time.Time // this host's clock; nil: time.Now
}

// NewSender makes one; it calls nobody.
func NewSender(c SenderConfig) *Sender {
	if c.Within == 0 {
		c.Within = sendWithin
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	client := func(plain bool) *http.Client {
		return &http.Client{
			Transport: &http.Transport{
				DialContext: c.Guard.dialer(plain, c.Resolver).DialContext, Proxy: nil, TLSClientConfig: c.TLS,
				TLSHandshakeTimeout: dialWithin, MaxResponseHeaderBytes: mostAnswer, MaxIdleConnsPerHost: width, IdleConnTimeout: 30 * time.Second,
				DisableCompression: true,
			},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		}
	}
	return &Sender{guard: c.Guard, secure: client(false), plain: client(true), within: c.Within, now: c.Now}
}

// Close lets idle connections go.
func (s *Sender) Close() {
	s.secure.CloseIdleConnections()
	s.plain.CloseIdleConnections()
}

// Answer is what a receiver said.
type Answer struct {
	Status int // 0: it did not answer
	Took   time.Duration
	Text   string        // its first bytes, made readable, without secrets
	Asked  time.Duration // before which it wants no other try (Retry-After), counted from the answer; 0: it does not say
	Err    error         // why there is no answer
}

// ok says that the message is delivered.
func (a Answer) ok() bool { return a.Status >= 200 && a.Status <= 299 }

// why is in words why it is not.
func (a Answer) why() string {
	wait := ""
	if a.Asked > 0 {
		wait = fmt.Sprintf("; it asks for a pause of %v", a.Asked.Round(time.Second))
	}
	switch {
	case a.Err != nil:
		return a.Err.Error()
	case a.Status >= 300 && a.Status <= 399:
		return fmt.Sprintf("answered %d: redirects are not followed%s", a.Status, wait)
	}
	return fmt.Sprintf("answered %d, and 2xx alone is a yes%s", a.Status, wait)
}

// Send POSTs a body to an endpoint, signed by all of its secrets, once.
func (s *Sender) Send(ctx context.Context, e hook.Endpoint, secrets []hook.Secret, id string, body []byte) Answer {
	began := s.now()
	ctx, cancel := context.WithTimeout(ctx, s.within)
	defer cancel()
	a := s.send(ctx, e, secrets, id, body, began)
	a.Took = s.now().Sub(began)
	if a.Err != nil {
		a.Err = errors.New(readable(hook.Conceal(s.tellable(a.Err).Error(), secrets)))
	}
	a.Text = hook.Conceal(a.Text, secrets)
	a.Text = readable(a.Text[:min(len(a.Text), 4*mostShown)]) // spaces take no room
	return a
}

func (s *Sender) send(ctx context.Context, e hook.Endpoint, secrets []hook.Secret, id string, body []byte, at time.Time) Answer {
	if len(secrets) == 0 {
		return Answer{Err: errors.New("it has no secret to sign with: rotate it")}
	}
	if err := s.guard.CheckURL(e.URL); err != nil { // the settings may be others than where it was added
		return Answer{Err: fmt.Errorf("the URL %w", err)}
	}
	signature, err := sign(secrets, id, at, body)
	if err != nil {
		return Answer{Err: err}
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, e.URL, bytes.NewReader(body))
	if err != nil {
		return Answer{Err: err}
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("User-Agent", "orderq-webhook/1")
	r.Header["webhook-id"] = []string{id}
	r.Header["webhook-timestamp"] = []string{strconv.FormatInt(at.Unix(), 10)}
	r.Header["webhook-signature"] = []string{signature}
	client := s.secure
	if r.URL.Scheme == "http" {
		client = s.plain
	}
	resp, err := client.Do(r)
	if err != nil {
		return Answer{Err: err}
	}
	defer resp.Body.Close()
	asked := retryAfter(resp.Header.Get("Retry-After"), s.now())
	// The status is the answer: a body that breaks off, or never ends, does not change it.
	text, _ := io.ReadAll(io.LimitReader(resp.Body, mostAnswer))
	return Answer{Status: resp.StatusCode, Asked: asked, Text: string(text)}
}

// tellable takes out of an error what is nobody's business: the URL, which may have keys in it, and our resolver.
func (s *Sender) tellable(err error) error {
	var refused *RefusedError
	var named *net.DNSError
	var called *url.Error
	switch {
	case errors.As(err, &refused):
		return refused
	case errors.As(err, &named):
		return fmt.Errorf("look up %s: %s", named.Name, named.Err)
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("no answer within %v", s.within)
	case errors.As(err, &called):
		return called.Err
	}
	return err
}

// readable makes what others wrote fit for a log: one line of UTF-8, cut.
func readable(text string) string {
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == unicode.ReplacementChar {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, " "))
	text = strings.Join(strings.Fields(text), " ")
	if len(text) > mostShown {
		text = strings.ToValidUTF8(text[:mostShown], "") + "…"
	}
	return text
}

// Test sends an endpoint a webhook.test event now, puts what came of it into its log, and gives that.
func (s *Sender) Test(ctx context.Context, hooks *hook.Hooks, account string, e hook.Endpoint, id string) (hook.Entry, error) {
	secrets, err := hooks.Secrets(ctx, e.ID)
	if err != nil {
		return hook.Entry{}, err
	}
	m := Message{Type: "webhook.test", Timestamp: s.now().UTC(), Data: map[string]string{"webhook": e.ID, "account": account}}
	body, err := m.text()
	if err != nil {
		return hook.Entry{}, err
	}
	a := s.Send(ctx, e, secrets, "test_"+id, body)
	out := hook.Entry{Outcome: hook.Tested, Type: m.Type, WebhookID: "test_" + id, Status: a.Status, Took: a.Took.Milliseconds(), Answer: a.Text}
	if !a.ok() {
		out.Reason = a.why()
	}
	err = hooks.Note(ctx, e.ID, out)
	out.At = m.Timestamp
	return out, err
}

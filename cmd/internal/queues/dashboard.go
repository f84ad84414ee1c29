package queues

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/http"
	"regexp"
	"strings"

	"github.com/hibiken/asynq"
	"github.com/hibiken/asynqmon"
)

// Path is where the dashboard is, with all below it.
const Path = "/queues/"

// Dashboard is asynqmon, tamed. Close it.
type Dashboard struct{ looking, operating *asynqmon.HTTPHandler }

// New makes it; nothing is read yet.
func New(redis asynq.RedisConnOpt) *Dashboard {
	options := asynqmon.Options{
		RootPath: strings.TrimSuffix(Path, "/"), RedisConnOpt: redis, ReadOnly: true,
		PayloadFormatter: asynqmon.PayloadFormatterFunc(func(_ string, b []byte) string { return exact(b) }),
		ResultFormatter:  asynqmon.ResultFormatterFunc(func(_ string, b []byte) string { return exact(b) }),
	}
	d := &Dashboard{looking: asynqmon.New(options)}
	options.ReadOnly = false
	d.operating = asynqmon.New(options)
	return d
}

// Show is the dashboard for looking: nothing can be changed through it.
func (d *Dashboard) Show() http.Handler { return tamed{d.looking} }

// Operate is the dashboard with its buttons.
func (d *Dashboard) Operate() http.Handler { return tamed{d.operating} }

// Close lets Redis go.
func (d *Dashboard) Close() error { return errors.Join(d.looking.Close(), d.operating.Close()) }

// tamed serves asynqmon's pages without what they load from other hosts, under a policy that lets nothing else in.
type tamed struct{ from http.Handler }

func (t tamed) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	// Read whole: asynqmon's index is rewritten, and it answers unknown paths with it.
	got := &answer{header: http.Header{}, status: http.StatusOK}
	t.from.ServeHTTP(got, r)
	body := got.body.Bytes()
	if got.header.Get("Content-Type") == "" {
		got.header.Set("Content-Type", contentType(r.URL.Path, body))
	}
	if strings.HasPrefix(got.header.Get("Content-Type"), "text/html") {
		body = outside.ReplaceAll(body, nil)
	}
	h := w.Header()
	for name, values := range got.header {
		h[name] = values
	}
	h.Set("Content-Security-Policy", policy(body))
	w.WriteHeader(got.status)
	_, _ = w.Write(body) // that the client is gone is no error
}

// outside is what the index loads from other hosts, fonts, in whose place a browser takes its own; and its manifest, which
// browsers ask for without a password.
var outside = regexp.MustCompile(`<link[^>]*(?:href="https?://|rel="manifest")[^>]*>`)

var inline = regexp.MustCompile(`(?s)<script>(.*?)</script>`)

// policy lets asynqmon's own scripts run, those of the index by their hashes. Its styles are made by them, so they
// cannot be told apart from others.
func policy(body []byte) string {
	scripts := "'self'"
	for _, s := range inline.FindAllSubmatch(body, -1) {
		sum := sha256.Sum256(s[1])
		scripts += " 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
	}
	return "default-src 'none'; script-src " + scripts + "; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
}

// contentType is what asynqmon leaves to be guessed, but for its pictures, whose text looks like HTML or XML.
func contentType(path string, body []byte) string {
	if strings.HasSuffix(path, ".svg") {
		return "image/svg+xml"
	}
	return http.DetectContentType(body)
}

// answer keeps what a handler answers.
type answer struct {
	header http.Header
	status int
	begun  bool
	body   bytes.Buffer
}

func (a *answer) Header() http.Header { return a.header }

func (a *answer) WriteHeader(status int) {
	if !a.begun {
		a.status, a.begun = status, true
	}
}

func (a *answer) Write(p []byte) (int, error) {
	a.begun = true
	return a.body.Write(p)
}

package page

import (
	"bytes"
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"html/template"
	"net/http"
	"regexp"
	"time"

	"orderq/cmd/internal/glance"
	"orderq/cmd/internal/office"
)

//go:embed page.html
var text string

// readWithin is how long a reading may take before the page says that nothing is known.
const readWithin = 5 * time.Second

// Page shows an account. Close it.
type Page struct {
	template *template.Template
	policy   string
	account  string
	glance   *glance.Glance[view]
}

// New makes it; nothing is read yet.
func New(o *office.Office) *Page {
	p := &Page{account: o.Config.Account, template: template.Must(template.New("page").Funcs(template.FuncMap{
		"plain": office.Plain, "clock": office.Clock, "stamp": func(t time.Time) string { return t.UTC().Format(time.RFC3339) }, "ago": ago,
		"signs": func() bool { return len(o.Config.Tokens) > 0 },
	}).Parse(text))}
	p.glance = glance.Of(func(ctx context.Context) (view, error) { return read(ctx, o) }, readWithin, nil)
	p.policy = policy(p.render(view{}))
	return p
}

// Close waits for a reading that is under way.
func (p *Page) Close() { p.glance.Close() }

func (p *Page) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	v, err := p.glance.Look(r.Context())
	status := http.StatusOK
	if err != nil {
		v, status = view{Account: p.account, Away: true}, http.StatusServiceUnavailable
	}
	body := p.render(v)
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", p.policy)
	w.WriteHeader(status)
	_, _ = w.Write(body) // that the client is gone is no error
}

func (p *Page) render(v view) []byte {
	var out bytes.Buffer
	if err := p.template.Execute(&out, v); err != nil {
		panic(err) // of a template that tests render whole; the API's adapter logs it
	}
	return out.Bytes()
}

var own = regexp.MustCompile(`(?s)<(style|script)>(.*?)</`)

// policy lets run what is on the page while it shows nothing, and only that.
func policy(empty []byte) string {
	hashes := map[string]string{}
	for _, part := range own.FindAllSubmatch(empty, -1) {
		sum := sha256.Sum256(part[2])
		hashes[string(part[1])] += " 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
	}
	return "default-src 'none'; style-src" + hashes["style"] + "; script-src" + hashes["script"] +
		"; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
}

package signin

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"html/template"
	"net/http"
	"regexp"
)

//go:embed page.html
var text string

// View is what the page shows.
type View struct {
	Account string
	Person  Person // who is signed in; the zero value: nobody
	To      string // the path to go to afterwards
	Problem string // why the last try was none
}

var (
	parsed = template.Must(template.New("signin").Parse(text))
	style  = regexp.MustCompile(`(?s)<style>(.*?)</style>`)
	policy = func() string {
		sum := sha256.Sum256([]byte(style.FindStringSubmatch(text)[1]))
		return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) +
			"'; img-src data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
	}()
)

// Show writes the page. It has no scripts, and loads nothing.
func Show(w http.ResponseWriter, status int, v View) error {
	var out bytes.Buffer
	if err := parsed.Execute(&out, v); err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", policy)
	// With no-referrer a browser would call its form's origin null, which is nobody's.
	h.Set("Referrer-Policy", "same-origin")
	w.WriteHeader(status)
	_, _ = w.Write(out.Bytes()) // that the client is gone is no error
	return nil
}

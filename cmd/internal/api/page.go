package api

import (
	"net/http"
	"path"
	"strings"

	"go.uber.org/zap"

	"orderq/cmd/internal/config"
)

// Page is what a browser or a scraper is shown, outside the document and behind the same guards.
type Page struct {
	// Path is where it is. All below a path that ends in a slash is the page's too, but for "/".
	Path string
	// Show answers GET and HEAD, to viewers and those who may more.
	Show http.Handler
	// Operate answers operators in its place, by any method. nil: there is nothing to operate.
	Operate http.Handler
}

// NewPages answers pages alone, and nothing else.
func NewPages(c Config) http.Handler {
	if c.Log == nil {
		c.Log = zap.NewNop()
	}
	a := &API{office: c.Office, log: c.Log, loopback: c.Loopback, pages: c.Pages, mux: http.NewServeMux()}
	a.admit(c.Office.Config)
	return a
}

// pageAt is the page that a path belongs to; nil: none.
func (a *API) pageAt(r *http.Request) *Page {
	at := r.URL.Path
	if tidy := path.Clean(at); tidy != at && tidy+"/" != at {
		return nil // it would be tidied up, and a write that is redirected is lost
	}
	for i, p := range a.pages {
		if at == p.Path || p.below() && (strings.HasPrefix(at, p.Path) || at+"/" == p.Path) {
			return &a.pages[i]
		}
	}
	return nil
}

func (p *Page) below() bool { return p.Path != "/" && strings.HasSuffix(p.Path, "/") }

// maxPage is how many bytes of a body a page reads: lists of task ids.
const maxPage = 1 << 20

// show lets a request through to its page, which answers it, or says why not.
func (a *API) show(c *call, p *Page) error {
	c.path = "page " + p.Path
	reads := c.r.Method == http.MethodGet || c.r.Method == http.MethodHead
	if !reads && p.Operate == nil {
		no := problem("method-not-allowed", "this page is only looked at: GET, HEAD")
		no.allow = "GET, HEAD"
		return no
	}
	if err := a.origins.Check(c.r); err != nil {
		return problem("cross-site", "a page of another origin must not do this")
	}
	if !reads {
		if _, err := a.identifyVisitor(c, config.Operator); err != nil {
			return err
		}
		c.r.Body = http.MaxBytesReader(c.w, c.r.Body, maxPage)
		p.Operate.ServeHTTP(c.w, c.r)
		return nil
	}
	looks, err := a.identifyVisitor(c, config.Viewer)
	switch {
	case err != nil && verdict(err).Status == http.StatusUnauthorized && a.toSignIn(c):
		return nil
	case err != nil:
		return err
	case c.r.URL.Path+"/" == p.Path:
		http.Redirect(c.w, c.r, p.Path, http.StatusTemporaryRedirect)
	case p.Operate != nil && !looks && (len(a.bearers) == 0 || c.who.role == config.Operator):
		p.Operate.ServeHTTP(c.w, c.r)
	default:
		p.Show.ServeHTTP(c.w, c.r)
	}
	return nil
}

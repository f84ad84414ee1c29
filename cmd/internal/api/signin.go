package api

import (
	"errors"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"

	"orderq/cmd/internal/config"
	"orderq/cmd/internal/signin"
	"orderq/tasks"
)

// desk is where browsers sign in. nil: there are no tokens, or no pages for people.
type desk struct {
	sessions *signin.Sessions
	guesses  *signin.Guesses
}

const (
	signInPath  = "/login"
	signOutPath = "/logout"
	maxSignIn   = 8 << 10 // a token and a path, escaped
)

// cookie is the name of a session's. Over TLS a browser takes it from this host alone, encrypted.
func cookie(r *http.Request) string {
	if r.TLS != nil {
		return "__Host-orderq"
	}
	return "orderq"
}

// setCookie hands a session's id to the browser; "" takes it away.
func (c *call) setCookie(id string) {
	k := &http.Cookie{
		Name: cookie(c.r), Value: id, Path: "/", MaxAge: int(signin.Lasts / time.Second),
		HttpOnly: true, Secure: c.r.TLS != nil, SameSite: http.SameSiteStrictMode,
	}
	if id == "" {
		k.MaxAge = -1
	}
	http.SetCookie(c.w, k)
}

// session is whose browser asks. Nobody's, where there is an Authorization, which says it more plainly.
func (a *API) session(r *http.Request) (who signin.Person, id string, in bool) {
	given := r.CookiesNamed(cookie(r))
	if a.desk == nil || len(given) != 1 || len(r.Header.Values("Authorization")) > 0 {
		return who, "", false
	}
	who, in = a.desk.sessions.Find(given[0].Value)
	return who, given[0].Value, in
}

// fromHere says that a browser tells where a request comes from. All of them do with what writes; that it is from here
// the API's guard has found out. A cookie alone decides nothing.
func fromHere(r *http.Request) bool {
	return r.Header.Get("Sec-Fetch-Site") != "" || r.Header.Get("Origin") != ""
}

// toSignIn leads a browser that shows nothing to where it can.
func (a *API) toSignIn(c *call) bool {
	if a.desk == nil || len(c.r.Header.Values("Authorization")) > 0 || !strings.Contains(strings.Join(c.r.Header.Values("Accept"), ","), "text/html") {
		return false
	}
	http.Redirect(c.w, c.r, signInPath+"?to="+url.QueryEscape(c.r.URL.EscapedPath()), http.StatusSeeOther)
	return true
}

// signs answers the paths where browsers sign in and out; false: it is none of them.
func (a *API) signs(c *call) (bool, error) {
	if a.desk == nil || c.r.URL.Path != signInPath && c.r.URL.Path != signOutPath {
		return false, nil
	}
	c.path = "page " + c.r.URL.Path
	if err := a.origins.Check(c.r); err != nil {
		return true, problem("cross-site", "a page of another origin must not do this")
	}
	method := c.r.Method
	if method == http.MethodHead {
		method = http.MethodGet
	}
	switch method + " " + c.r.URL.Path {
	case "GET " + signInPath:
		who, _, _ := a.session(c.r)
		return true, a.showSignIn(c, http.StatusOK, signin.View{Person: who, To: c.r.URL.Query().Get("to")})
	case "POST " + signInPath:
		return true, a.signIn(c)
	case "POST " + signOutPath:
		if who, id, in := a.session(c.r); in {
			c.who = bearer{name: who.Name, role: who.Role}
			a.desk.sessions.End(id)
		}
		c.setCookie("")
		http.Redirect(c.w, c.r, signInPath, http.StatusSeeOther)
		return true, nil
	}
	p := problem("method-not-allowed", "%s is not done to this path", tasks.Shown(c.r.Method))
	if p.allow = "POST"; c.r.URL.Path == signInPath {
		p.allow = "GET, HEAD, POST"
	}
	return true, p
}

func (a *API) showSignIn(c *call, status int, v signin.View) error {
	v.Account, v.To = a.office.Config.Account, a.pagePath(v.To)
	return signin.Show(c.w, status, v)
}

// pagePath is where to go on: a path of one of the pages, whatever a link says.
func (a *API) pagePath(to string) string {
	u, err := url.Parse(to)
	if err != nil || u.Scheme != "" || u.Host != "" || u.Opaque != "" || !strings.HasPrefix(u.Path, "/") || strings.Contains(u.Path, `\`) || a.pageAt(&http.Request{URL: u}) == nil {
		return "/"
	}
	return u.EscapedPath()
}

// signIn takes a token from a form, and gives a session in its place.
func (a *API) signIn(c *call) error {
	if kind, _, err := mime.ParseMediaType(c.r.Header.Get("Content-Type")); err != nil || kind != "application/x-www-form-urlencoded" {
		return problem("content-type", "this is for the form at %s; programs send a token as Authorization: Bearer TOKEN", signInPath)
	}
	c.r.Body = http.MaxBytesReader(c.w, c.r.Body, maxSignIn)
	if err := c.r.ParseForm(); err != nil {
		var large *http.MaxBytesError
		if errors.As(err, &large) {
			return large
		}
		return invalid(field("form", "", "cannot be read"))
	}
	to := c.r.PostForm.Get("to")
	if wait := a.desk.guesses.Wait(c.r.RemoteAddr); wait > 0 {
		p := problem("too-many-requests", "") // for its header
		p.retry = wait
		p.retryHeader(c.w.Header())
		return a.showSignIn(c, p.Status, signin.View{To: to, Problem: "Too many tries from this address: wait " + wait.Round(time.Second).String() + "."})
	}
	who, known := a.bearerOf(strings.TrimSpace(c.r.PostForm.Get("token")))
	if !known {
		// Not a 401: that would have the browser ask for a password.
		return a.showSignIn(c, http.StatusForbidden, signin.View{To: to, Problem: "This token is not one of this server's."})
	}
	c.who = who
	if _, id, in := a.session(c.r); in {
		a.desk.sessions.End(id) // whoever knew it before knows nothing now
	}
	c.setCookie(a.desk.sessions.Open(signin.Person{Name: who.name, Role: who.role}))
	http.Redirect(c.w, c.r, a.pagePath(to), http.StatusSeeOther)
	return nil
}

// identifyVisitor is identify for pages. A browser has a session, or a token as the password of HTTP Basic, whatever
// the user's name; the latter is for looking alone, because a browser sends it by itself, from wherever it is asked.
// looks says that it is for looking.
func (a *API) identifyVisitor(c *call, role config.Role) (looks bool, err error) {
	if len(a.bearers) == 0 {
		return false, nil
	}
	if who, _, in := a.session(c.r); in {
		if role != config.Viewer && !fromHere(c.r) {
			return false, problem("cross-site", "a session decides nothing where the browser does not say from where it is asked: send a token, as Authorization: Bearer TOKEN")
		}
		return false, a.permit(c, bearer{name: who.Name, role: who.Role}, role)
	}
	_, token, basic := c.r.BasicAuth()
	if basic && role == config.Viewer && len(c.r.Header.Values("Authorization")) == 1 {
		looks, err = true, a.authorize(c, token, role)
	} else {
		err = a.identify(c, &route{role: role})
	}
	if p, is := err.(*Problem); is && p.Status == http.StatusUnauthorized && role == config.Viewer { //nolint:errorlint // made here
		p.challenge = `Basic realm="orderq: any user, a token as the password", charset="UTF-8"`
	}
	return looks, err
}

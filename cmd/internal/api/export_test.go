package api

import (
	"io"
	"maps"
	"net/http"
	"slices"
	"time"

	"go.uber.org/zap"
	"golang.org/x/time/rate"
)

// ServeWithin is Serve with as little patience as a test has, with a request's header and with the rest of it.
func ServeWithin(l *Listener, h http.Handler, header, rest time.Duration) *Server {
	return serve(l, h, zap.NewNop(), times{header: header, body: rest, write: 5 * rest, idle: rest, close: 10 * time.Second})
}

// Moving is a body that must not stand still, of a request that w answers.
func Moving(body io.ReadCloser, w http.ResponseWriter) io.ReadCloser {
	return &moving{ReadCloser: body, rc: http.NewResponseController(w)}
}

// Patterns are the routes as they are served.
func Patterns(a *API) []string { return slices.Collect(maps.Keys(a.routes)) }

// Break lets a route panic.
func Break(a *API, pattern string, with func()) {
	a.routes[pattern].serve = func(*call) error { with(); return nil }
}

// Fail lets a route fail.
func Fail(a *API, pattern string, err error) {
	a.routes[pattern].serve = func(*call) error { return err }
}

// BeatEvery lets silent streams speak as often.
func BeatEvery(a *API, d time.Duration) { a.news.heartbeat = d }

// AskFreely lifts the bound on what the portal is asked for readers.
func AskFreely(a *API) { a.reads.SetLimit(rate.Inf) }

// IntentFields are the fields that the document says an intent has.
func IntentFields() []string { return slices.Sorted(maps.Keys(intentSchema().Properties)) }

// CloseQueue ends what is on its way into the queue.
func CloseQueue(a *API, within time.Duration) { a.enqueuer.close(within) }

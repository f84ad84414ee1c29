package api

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	"github.com/hibiken/asynq"
	"go.uber.org/zap"
	"golang.org/x/time/rate"

	"orderq/cmd/internal/config"
	"orderq/cmd/internal/office"
	"orderq/cmd/internal/signin"
	"orderq/tasks"
	"orderq/yeastar"
)

// Config is what an API needs.
type Config struct {
	Office *office.Office // of the account; required. Its Config has the tokens and their rate
	Queue  *asynq.Client  // required; over a gathering client (store/gather) many orders at once cost less
	Log    *zap.Logger    // nil: none
	// Loopback says that the listener can be reached from this machine alone, and then by whatever web page its user
	// has open: only loopback Host names are answered. Default: false.
	Loopback bool
	// Pages are shown beside it, outside the document. None: none.
	Pages []Page
	// Version is of the program, for the OpenAPI document. Empty: "dev".
	Version string
	// Now is the clock by which sessions of browsers end. nil: time.Now.
	Now func() time.Time
}

// API answers HTTP requests. Close it.
type API struct {
	office   *office.Office
	orders   *tasks.Client
	enqueuer *enqueuer
	log      *zap.Logger
	loopback bool
	bearers  []bearer
	rates    map[string]*rate.Limiter // by token's name; none: unlimited
	origins  http.CrossOriginProtection
	pages    []Page
	desk     *desk // nil: nobody signs in

	huma   huma.API
	mux    *http.ServeMux
	routes map[string]*route // by pattern

	portal  *yeastar.Client // nil: noPortal says why
	nobody  error
	reads   *rate.Limiter // what viewers may ask of the portal
	news    *news
	closing context.Context
	stop    context.CancelFunc
}

// portalReads is how many questions per second go on to the portal for readers of the catalog: it has a rate of its
// own for this account, which the orders need.
const portalReads = 1

// New makes an API; it calls nobody. It ends its streams when ctx does.
func New(ctx context.Context, c Config) *API {
	if c.Log == nil {
		c.Log = zap.NewNop()
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Version == "" {
		c.Version = "dev"
	}
	orders := tasks.NewClient(c.Office.Store, c.Queue)
	a := &API{
		office: c.Office, orders: orders, enqueuer: newEnqueuer(ctx, orders), log: c.Log, loopback: c.Loopback, pages: c.Pages,
		mux: http.NewServeMux(), routes: map[string]*route{}, reads: rate.NewLimiter(portalReads, 10), news: newNews(c.Office),
	}
	a.closing, a.stop = context.WithCancel(ctx)
	a.admit(c.Office.Config)
	if len(a.bearers) > 0 && len(a.pages) > 0 {
		a.desk = &desk{signin.NewSessions(c.Now), signin.NewGuesses(c.Now)}
	}
	a.portal, a.nobody = office.DialPortal(c.Office.Config)
	a.huma = humago.New(a.mux, document(c.Version, len(a.bearers) > 0))
	for _, routes := range [][]route{a.orderRoutes(), a.accountRoutes(), a.catalogRoutes(), a.batchRoutes(), a.eventRoutes(), a.webhookRoutes(), a.bookRoutes()} {
		for i := range routes {
			a.register(&routes[i])
		}
	}
	for _, s := range a.huma.OpenAPI().Components.Schemas.Map() {
		neverNull(s)
	}
	return a
}

// Stop ends what is streamed, soon; nothing new is streamed after it.
func (a *API) Stop() { a.stop() }

// Settle waits until the tasks of all orders that were answered are in the queue, or ctx has ended.
func (a *API) Settle(ctx context.Context) { a.enqueuer.settle(ctx) }

// Close lets the portal go, and the queue. Nothing may be asked after it.
func (a *API) Close() {
	a.stop()
	a.enqueuer.close(settleWithin)
	if a.portal != nil {
		a.portal.Close()
	}
}

// route is one operation: how it is documented, who may ask for it, what it takes, and what answers.
type route struct {
	method, path string
	id           string // operationId
	summary      string
	about        string
	role         config.Role // the least that may; "": everybody, without a token
	params       []*huma.Param
	takes        map[string]*huma.MediaType // the body's content types; none: there is no body
	most         int64                      // bytes of the body
	streams      bool                       // body and answer may take as long as they move
	gives        map[int]*huma.Response
	fails        []string // slugs of its problems, beside those that every route has
	serve        func(*call) error
}

func (r *route) pattern() string { return r.method + " " + r.path }

// register adds a route to the mux and to the document.
func (a *API) register(r *route) {
	op := r.operation(a.huma.OpenAPI().Components.Schemas, len(a.bearers) > 0)
	a.routes[r.pattern()] = r
	a.huma.OpenAPI().AddOperation(op)
	// huma's own reading of requests is not used: it takes duplicate keys, invalid UTF-8 and NUL.
	a.huma.Adapter().Handle(op, func(ctx huma.Context) {
		req, _ := humago.Unwrap(ctx)
		a.answer(r, req)
	})
}

// find gives the route of a request, or a problem: no such path, or not by this method.
func (a *API) find(r *http.Request) (*route, *Problem) {
	if _, pattern := a.mux.Handler(r); a.routes[pattern] != nil && clean(r) {
		return a.routes[pattern], nil
	}
	var allowed []string
	for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPatch, http.MethodDelete} {
		other := r.Clone(r.Context())
		other.Method = method
		if _, pattern := a.mux.Handler(other); a.routes[pattern] != nil && clean(r) {
			allowed = append(allowed, method)
		}
	}
	if len(allowed) == 0 {
		return nil, problem("not-found", "nothing is at this path: GET /openapi.json says what there is")
	}
	p := problem("method-not-allowed", "%s is not done to this path: %s", tasks.Shown(r.Method), strings.Join(allowed, ", "))
	p.allow = strings.Join(allowed, ", ")
	return nil, p
}

// clean says that a path needs no tidying: the mux would redirect, and a write that is redirected is lost.
func clean(r *http.Request) bool {
	path := r.URL.EscapedPath()
	for _, part := range strings.Split(strings.TrimPrefix(path, "/"), "/") {
		if part == "" || part == "." || part == ".." {
			return false
		}
	}
	return strings.HasPrefix(path, "/")
}

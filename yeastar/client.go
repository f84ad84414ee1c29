package yeastar

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// DefaultBaseURL is the portal's own address (request-structure).
const DefaultBaseURL = "https://openapi.partner.yeastar.com"

const (
	defaultUserAgent   = "OpenAPI" // the value of both tutorials; the header is required on every call
	defaultCallTimeout = 30 * time.Second
)

// Config says which portal, as whom, and who is asked and told about calls.
type Config struct {
	// BaseURL of the portal; may have a path ("http://127.0.0.1:9/portal"). https, unless the host is
	// loopback. No default.
	BaseURL string
	// ClientID and ClientSecret from the portal's System > API. No default.
	ClientID     string
	ClientSecret Secret
	// UserAgent on every call. "" = "OpenAPI".
	UserAgent string
	// CallTimeout is the time for one call, from dialing to the last byte of its answer. A call that has
	// to fetch a token first takes up to this long for that, too. 0 = 30s.
	CallTimeout time.Duration
	// Proxy for all calls but those to a loopback portal (a proxy's loopback is another machine).
	// http, https or socks5. nil = none; the environment's proxy is never used.
	Proxy *url.URL
	// Admit is asked before every call. Token calls made on behalf of a call, and the second send of a
	// read after a 401, are part of that call. An error means that nothing is sent: the outcome is NotSent,
	// with the Reason and RetryAfter of an *Error in the chain, ReasonCancelled for a context's error, else
	// ReasonBreaker. report is called exactly once with what became of an admitted call, on panics too,
	// and may be nil. nil = every call is admitted.
	Admit func(ctx context.Context, c Call) (report func(Outcome, Reason), err error)
	// Observe is told of every HTTP exchange, token calls included (their Raw is withheld). It may be
	// called from several goroutines at once. nil = nobody is.
	Observe func(c Call, a Answer, took time.Duration)
	// Now is the clock for lateness and for the life of tokens. nil = time.Now.
	Now func() time.Time
}

// Call names one call to Admit and Observe.
type Call struct {
	Endpoint string // one of the Endpoint… words
	Order    bool   // it is Create an Order
}

// The stable words for the portal's endpoints, fit for metrics.
const (
	EndpointToken        = "token"
	EndpointProducts     = "product list"
	EndpointProduct      = "product details"
	EndpointOffering     = "purchase product info"
	EndpointContacts     = "billing contacts"
	EndpointCreateOrder  = "create order"
	EndpointOrderList    = "order list"
	EndpointOrderDetails = "order details"
	EndpointSubscribable = "subscribable products"
)

// Client calls the portal as one account. Safe for concurrent use.
type Client struct {
	cfg    Config // with defaults
	base   string // BaseURL without a slash at its end
	reads  *http.Transport
	posts  *http.Transport
	tokens tokens
}

// New checks cfg and makes a client; it calls nobody. An error names the field, its value and the way out.
func New(cfg Config) (*Client, error) {
	cfg = cfg.withDefaults()
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	proxy := cfg.Proxy
	if u, err := url.Parse(cfg.BaseURL); err == nil && loopback(u.Hostname()) {
		proxy = nil
	}
	return &Client{
		cfg:   cfg,
		base:  strings.TrimRight(cfg.BaseURL, "/"),
		reads: readTransport(proxy),
		posts: postTransport(proxy, cfg.CallTimeout),
	}, nil
}

// Close closes idle connections. Calls under way go on.
func (c *Client) Close() {
	c.reads.CloseIdleConnections()
	c.posts.CloseIdleConnections()
}

// String and GoString keep fmt out of the fields: it would print the tokens, because it cannot call
// Secret's methods on what is not exported.
func (c *Client) String() string   { return "yeastar.Client(" + c.base + ")" }
func (c *Client) GoString() string { return c.String() }

func (c *Client) now() time.Time { return c.cfg.Now() }

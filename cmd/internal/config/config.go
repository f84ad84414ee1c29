package config

import (
	"net/netip"
	"net/url"
	"time"

	"orderq/yeastar"
)

// Config is every setting. Load fills in the defaults, so no zero value means "default" here.
type Config struct {
	// Redis is the ledger and the queue. Default: redis://127.0.0.1:6379/0.
	Redis Redis
	// AllowVolatileLedger lets a worker use a Redis that can forget although the portal is a real one.
	// Default: false.
	AllowVolatileLedger bool

	// BaseURL is the portal's, without a slash at its end; it may have a path. Default: the public one.
	BaseURL string
	// ClientID and ClientSecret are the API credentials. Empty: not set, see Credentials.
	ClientID, ClientSecret yeastar.Secret
	// UserAgent goes with every call to the portal. Default: "OpenAPI", as the portal's tutorials want.
	UserAgent string
	// Proxy is the URL of the proxy towards the portal; it may contain a password. Empty: none. The
	// usual variables (HTTPS_PROXY …) are never read: see ProxyURL.
	Proxy yeastar.Secret
	// Account is the name of the account that the credentials belong to. Default: "default".
	Account string
	// BillingContact is the default contact, an id or an e-mail address. Empty: none.
	BillingContact string
	// AliasesFile is the path of the names that the portal's answers don't show. Empty: none.
	AliasesFile string

	// Listen is the address of `serve` and `up`, host:port; port 0: any free one. Default:
	// 127.0.0.1:8080.
	Listen string
	// MetricsListen is the address of a worker's metrics and health pages. Empty: none. Default: empty.
	// On loopback only, unless there are tokens, see MetricsListener.
	MetricsListen string
	// Tokens are who may use the HTTP API. None: everybody, on loopback only, see Listener.
	Tokens []Token
	// APIRate is requests per token. Default: 1000/s.
	APIRate Rate
	// TLSCert and TLSKey are the paths of the listener's certificate (with its chain) and key, in PEM. Empty: plain HTTP.
	TLSCert, TLSKey string

	// Server is the base URL of the HTTP API that commands ask instead of Redis, without a slash at its end. Empty:
	// they ask Redis.
	Server string
	// ServerToken is sent to it, as a bearer's. Empty: none.
	ServerToken yeastar.Secret

	// WebhookAllow are networks that webhooks may be delivered to although they are not public, and by plain http.
	// Default: none.
	WebhookAllow []netip.Prefix

	// Concurrency is orders in work at once per worker, from 1. Default: 32.
	Concurrency int
	// Servers is asynq servers in one worker that share Concurrency, from 1 to Concurrency. Default: 1.
	Servers int
	// Rate is portal calls per account, all workers together. Default: 20/s.
	Rate Rate
	// CallTimeout is one portal call, from dialling to the last byte. Default: 30s.
	CallTimeout time.Duration
	// TaskTimeout is one delivery of a task, in whole seconds (asynq knows no others), between
	// CallTimeout and ShutdownTimeout. Default: two thirds of the way from the one to the other.
	TaskTimeout time.Duration
	// ShutdownTimeout is how long a stopping worker waits for its orders; give the container more.
	// Default: CallTimeout + 15s.
	ShutdownTimeout time.Duration
	// Settle is the horizon before an order counts as absent. Any positive time. Default: 10m.
	Settle time.Duration
	// OnAbsent is what happens then. Default: AbsentAuto.
	OnAbsent OnAbsent
	// Journal is the folder of the send journal, on a local disk. Default: orderq/journal under
	// XDG_STATE_HOME, which by default is ~/.local/state.
	Journal string
	// SweepEvery is the pause between two sweeps for records that want a task. Default: 1s.
	SweepEvery time.Duration
	// HeartbeatEvery is the pause between two signs of life of a worker. Default: 2s.
	HeartbeatEvery time.Duration
	// BreakerOpen is how long the breaker keeps off a sick portal before a probe. Default: 30s.
	BreakerOpen time.Duration

	// LogLevel is debug, info, warn or error. Default: info.
	LogLevel string
	// LogFormat is console, json, or auto: console on a terminal, else json. Default: auto.
	LogFormat string
}

// OnAbsent is what happens to an order that the portal's list proves absent.
type OnAbsent string

const (
	AbsentAuto     OnAbsent = "auto"     // send again where all conditions hold
	AbsentReview   OnAbsent = "review"   // always a person
	AbsentResubmit OnAbsent = "resubmit" // also without a proven echo: may order twice
)

// ProxyURL is the parsed Proxy, nil for none. Don't print it: use its Redacted.
func (c Config) ProxyURL() *url.URL {
	if c.Proxy == "" {
		return nil
	}
	u, err := url.Parse(c.Proxy.Reveal())
	if err != nil {
		return nil // Load took only what parses
	}
	return u
}

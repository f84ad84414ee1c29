package config

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"orderq/worker/webhook"
	"orderq/yeastar"
)

// variable is one setting: its row in the table below is all that there is to know about it.
type variable struct {
	name   string // in the environment
	preset string // the default as one would write it; empty: none, or one that depends on others
	usage  string // of its flag
	secret bool   // may come from a file; its value is never shown
	flag   bool   // has a flag of its own; secrets have only their file's
	set    func(*Config, string) error
}

func variables() []variable {
	return []variable{
		{name: "ORDERQ_REDIS_URL", preset: "redis://127.0.0.1:6379/0", secret: true, flag: true,
			usage: "`URL` of the ledger and queue: redis://, rediss://, unix://, embedded:// (others can read a password here: better in the environment or a file)",
			set:   func(c *Config, s string) (err error) { c.Redis, err = ParseRedis(s); return err }},
		{name: "ORDERQ_ALLOW_VOLATILE_LEDGER", preset: "false", flag: true,
			usage: "use a Redis that can forget although the portal is a real one: may order twice",
			set:   func(c *Config, s string) (err error) { c.AllowVolatileLedger, err = parseBool(s); return err }},
		{name: "YEASTAR_BASE_URL", preset: "https://openapi.partner.yeastar.com", flag: true,
			usage: "`URL` of the portal, may have a path",
			set:   func(c *Config, s string) (err error) { c.BaseURL, err = parseBaseURL(s); return err }},
		{name: "YEASTAR_CLIENT_ID", secret: true, usage: "of the API credentials",
			set: func(c *Config, s string) error { c.ClientID = yeastar.Secret(s); return nil }},
		{name: "YEASTAR_CLIENT_SECRET", secret: true, usage: "of the API credentials",
			set: func(c *Config, s string) error { c.ClientSecret = yeastar.Secret(s); return nil }},
		{name: "YEASTAR_USER_AGENT", preset: "OpenAPI", flag: true, usage: "`text` sent with every call to the portal",
			set: func(c *Config, s string) (err error) { c.UserAgent, err = parseLine(s); return err }},
		{name: "YEASTAR_PROXY", secret: true, usage: "URL of a proxy towards the portal",
			set: func(c *Config, s string) (err error) { c.Proxy, err = parseProxy(s); return err }},
		{name: "ORDERQ_ACCOUNT", preset: "default", flag: true, usage: "`name` of the account that the credentials belong to",
			set: func(c *Config, s string) (err error) { c.Account, err = parseAccount(s); return err }},
		{name: "ORDERQ_BILLING_CONTACT", flag: true, usage: "default billing contact, `id or e-mail`",
			set: func(c *Config, s string) (err error) { c.BillingContact, err = parseLine(s); return err }},
		{name: "ORDERQ_ALIASES_FILE", flag: true, usage: "`path` of names and their ids, where the portal's names cannot be read",
			set: func(c *Config, s string) error { c.AliasesFile = s; return nil }},
		{name: "ORDERQ_LISTEN", preset: "127.0.0.1:8080", flag: true, usage: "`host:port` of API, page and metrics; port 0: any",
			set: func(c *Config, s string) (err error) { c.Listen, err = parseAddr(s); return err }},
		{name: "ORDERQ_METRICS_LISTEN", flag: true, usage: "`host:port` of a worker's /metrics, /healthz, /readyz",
			set: func(c *Config, s string) (err error) { c.MetricsListen, err = parseAddr(s); return err }},
		{name: "ORDERQ_API_TOKENS", secret: true, usage: "of the HTTP API: name:role:token,…",
			set: func(c *Config, s string) (err error) { c.Tokens, err = parseTokens(s); return err }},
		{name: "ORDERQ_API_RATE", preset: "1000/s", flag: true, usage: "requests to the HTTP API per token: 20/s, 300/m, `unlimited`",
			set: func(c *Config, s string) (err error) { c.APIRate, err = ParseRate(s); return err }},
		{name: "ORDERQ_TLS_CERT", flag: true, usage: "`path` of the API's certificate and its chain, PEM: HTTPS",
			set: func(c *Config, s string) error { c.TLSCert = s; return nil }},
		{name: "ORDERQ_TLS_KEY", flag: true, usage: "`path` of its key, PEM",
			set: func(c *Config, s string) error { c.TLSKey = s; return nil }},
		{name: "ORDERQ_SERVER", flag: true, usage: "`URL` of an orderq serve or up: ask it, over HTTP, instead of Redis",
			set: func(c *Config, s string) (err error) { c.Server, err = parseBaseURL(s); return err }},
		{name: "ORDERQ_TOKEN", secret: true, usage: "that --server wants",
			set: func(c *Config, s string) (err error) { c.ServerToken, err = parseBearer(s); return err }},
		{name: "ORDERQ_WEBHOOK_ALLOW", flag: true, usage: "`networks` that webhooks may call although they are not public: 10.1.0.0/16,…",
			set: func(c *Config, s string) (err error) { c.WebhookAllow, err = webhook.Networks(s); return err }},
		{name: "ORDERQ_CONCURRENCY", preset: "32", flag: true, usage: "orders in work at once, per worker",
			set: func(c *Config, s string) (err error) { c.Concurrency, err = parseCount(s); return err }},
		{name: "ORDERQ_SERVERS", preset: "1", flag: true, usage: "asynq servers that share the concurrency",
			set: func(c *Config, s string) (err error) { c.Servers, err = parseCount(s); return err }},
		{name: "ORDERQ_RATE", preset: "20/s", flag: true, usage: "portal calls per account, all workers together: 20/s, 300/m, `unlimited`",
			set: func(c *Config, s string) (err error) { c.Rate, err = ParseRate(s); return err }},
		{name: "ORDERQ_CALL_TIMEOUT", preset: "30s", flag: true, usage: "one portal call", set: duration(func(c *Config) *time.Duration { return &c.CallTimeout })},
		{name: "ORDERQ_TASK_TIMEOUT", flag: true, usage: "one delivery of a task, whole seconds, between the call's and the shutdown's (default: two thirds of the way)",
			set: duration(func(c *Config) *time.Duration { return &c.TaskTimeout })},
		{name: "ORDERQ_SHUTDOWN_TIMEOUT", flag: true, usage: "wait for orders in work when stopping (default: call timeout + 15s)",
			set: duration(func(c *Config) *time.Duration { return &c.ShutdownTimeout })},
		{name: "ORDERQ_SETTLE", preset: "10m", flag: true, usage: "horizon before an order counts as absent", set: duration(func(c *Config) *time.Duration { return &c.Settle })},
		{name: "ORDERQ_ON_ABSENT", preset: "auto", flag: true, usage: "when an order is absent: auto, review, or `resubmit` (may order twice)",
			set: func(c *Config, s string) (err error) {
				c.OnAbsent, err = oneOf(s, AbsentAuto, AbsentReview, AbsentResubmit)
				return err
			}},
		{name: "ORDERQ_JOURNAL", flag: true, usage: "`folder` of the send journal, on a local disk (default: orderq/journal in the user's state folder)",
			set: func(c *Config, s string) error { c.Journal = s; return nil }},
		{name: "ORDERQ_SWEEP_EVERY", preset: "1s", flag: true, usage: "pause between sweeps", set: duration(func(c *Config) *time.Duration { return &c.SweepEvery })},
		{name: "ORDERQ_HEARTBEAT_EVERY", preset: "2s", flag: true, usage: "pause between a worker's signs of life", set: duration(func(c *Config) *time.Duration { return &c.HeartbeatEvery })},
		{name: "ORDERQ_BREAKER_OPEN", preset: "30s", flag: true, usage: "time off a sick portal before a probe", set: duration(func(c *Config) *time.Duration { return &c.BreakerOpen })},
		{name: "ORDERQ_LOG_LEVEL", preset: "info", flag: true, usage: "debug, info, warn or `error`",
			set: func(c *Config, s string) (err error) {
				c.LogLevel, err = oneOf(s, "debug", "info", "warn", "error")
				return err
			}},
		{name: "ORDERQ_LOG_FORMAT", preset: "auto", flag: true, usage: "console, json or `auto`",
			set: func(c *Config, s string) (err error) {
				c.LogFormat, err = oneOf(s, "console", "json", "auto")
				return err
			}},
	}
}

// flagName is the variable's name in kebab case, without ORDERQ_.
func (v variable) flagName() string {
	return strings.ReplaceAll(strings.ToLower(strings.TrimPrefix(v.name, "ORDERQ_")), "_", "-")
}

func (v variable) fileName() string { return v.name + "_FILE" }

func duration(field func(*Config) *time.Duration) func(*Config, string) error {
	return func(c *Config, s string) error {
		d, err := time.ParseDuration(s)
		if err != nil || d <= 0 {
			return fmt.Errorf("want a positive time such as 30s, 10m or 1h30m")
		}
		*field(c) = d
		return nil
	}
}

func parseCount(s string) (int, error) {
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 || n > 10_000 {
		return 0, fmt.Errorf("want a whole number from 1 to 10000")
	}
	return n, nil
}

func parseBool(s string) (bool, error) {
	b, err := strconv.ParseBool(s)
	if err != nil {
		return false, fmt.Errorf("want true or false")
	}
	return b, nil
}

func oneOf[T ~string](s string, words ...T) (T, error) {
	for _, w := range words {
		if s == string(w) {
			return w, nil
		}
	}
	return "", fmt.Errorf("want one of %v", words)
}

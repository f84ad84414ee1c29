package config

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestAnEmptyEnvironmentGivesTheDefaults(t *testing.T) {
	t.Parallel()
	want := Config{
		BaseURL: "https://openapi.partner.yeastar.com", UserAgent: "OpenAPI", Account: "default", Listen: "127.0.0.1:8080",
		Concurrency: 32, Servers: 1, Rate: Rate{20, time.Second}, CallTimeout: 30 * time.Second, TaskTimeout: 40 * time.Second,
		ShutdownTimeout: 45 * time.Second, Settle: 10 * time.Minute, OnAbsent: AbsentAuto, Journal: "/home/ann/.local/state/orderq/journal",
		SweepEvery: time.Second, HeartbeatEvery: 2 * time.Second, BreakerOpen: 30 * time.Second, LogLevel: "info", LogFormat: "auto",
		APIRate: Rate{1000, time.Second},
	}
	// A variable that is set to nothing counts as not set.
	empty := map[string]string{}
	for _, v := range variables() {
		empty[v.name], empty[v.fileName()] = "", ""
	}
	for name, vars := range map[string]map[string]string{"nothing set": nil, "all set to nothing": empty} {
		got, err := Load(lookup(vars))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(Config{}, "Redis")); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		if s := got.Redis.String(); s != "redis://127.0.0.1:6379/0" {
			t.Errorf("%s: redis %s", name, s)
		}
	}
}

func TestEveryVariableArrives(t *testing.T) {
	t.Parallel()
	got, err := Load(lookup(map[string]string{
		"ORDERQ_REDIS_URL": "rediss://ann:" + canary + "@redis.test:7000/3", "ORDERQ_ALLOW_VOLATILE_LEDGER": "true",
		"YEASTAR_BASE_URL": "http://127.0.0.1:9000/base/", "YEASTAR_CLIENT_ID": "id", "YEASTAR_CLIENT_SECRET": canary, "YEASTAR_USER_AGENT": "mine",
		"YEASTAR_PROXY": "http://ann:" + canary + "@proxy.test:3128", "ORDERQ_ACCOUNT": "west-2", "ORDERQ_BILLING_CONTACT": "b@example.com",
		"ORDERQ_ALIASES_FILE": "/etc/aliases.json", "ORDERQ_LISTEN": "0.0.0.0:0", "ORDERQ_METRICS_LISTEN": "[::1]:9090",
		"ORDERQ_API_TOKENS": "ops:operator:a:b, shop:producer:" + canary, "ORDERQ_CONCURRENCY": "64", "ORDERQ_SERVERS": "4", "ORDERQ_RATE": "300/m",
		"ORDERQ_CALL_TIMEOUT": "5s", "ORDERQ_TASK_TIMEOUT": "7s", "ORDERQ_SHUTDOWN_TIMEOUT": "9s", "ORDERQ_SETTLE": "1ms", "ORDERQ_ON_ABSENT": "review",
		"ORDERQ_JOURNAL": "/var/j", "ORDERQ_SWEEP_EVERY": "200ms", "ORDERQ_HEARTBEAT_EVERY": "3s", "ORDERQ_BREAKER_OPEN": "1m",
		"ORDERQ_LOG_LEVEL": "debug", "ORDERQ_LOG_FORMAT": "json",
		"ORDERQ_API_RATE": "50/s", "ORDERQ_TLS_CERT": "/etc/cert.pem", "ORDERQ_TLS_KEY": "/etc/key.pem",
		"ORDERQ_WEBHOOK_ALLOW": "10.1.0.0/16, ::1", "ORDERQ_SERVER": "https://orders.test/q/", "ORDERQ_TOKEN": canary,
	}))
	if err != nil {
		t.Fatal(err)
	}
	want := Config{
		AllowVolatileLedger: true, BaseURL: "http://127.0.0.1:9000/base", ClientID: "id", ClientSecret: canary, UserAgent: "mine",
		Proxy: "http://ann:" + canary + "@proxy.test:3128", Account: "west-2", BillingContact: "b@example.com", AliasesFile: "/etc/aliases.json",
		Listen: "0.0.0.0:0", MetricsListen: "[::1]:9090", Tokens: []Token{{"ops", Operator, "a:b"}, {"shop", Producer, canary}},
		Concurrency: 64, Servers: 4, Rate: Rate{300, time.Minute}, CallTimeout: 5 * time.Second, TaskTimeout: 7 * time.Second,
		ShutdownTimeout: 9 * time.Second, Settle: time.Millisecond, OnAbsent: AbsentReview, Journal: "/var/j", SweepEvery: 200 * time.Millisecond,
		HeartbeatEvery: 3 * time.Second, BreakerOpen: time.Minute, LogLevel: "debug", LogFormat: "json",
		Server: "https://orders.test/q", ServerToken: canary,
		APIRate: Rate{50, time.Second}, TLSCert: "/etc/cert.pem", TLSKey: "/etc/key.pem",
		WebhookAllow: []netip.Prefix{netip.MustParsePrefix("10.1.0.0/16"), netip.MustParsePrefix("::1/128")},
	}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(Config{}, "Redis"), cmpopts.EquateComparable(netip.Prefix{})); diff != "" {
		t.Error(diff)
	}
	if o := got.Redis.Options(); o.Username != "ann" || o.Password != canary || o.Addr != "redis.test:7000" || o.DB != 3 || o.TLSConfig == nil {
		t.Errorf("redis: %s", got.Redis)
	}
	if u := got.ProxyURL(); u == nil || u.Host != "proxy.test:3128" {
		t.Errorf("proxy: %v", u)
	}
}

func TestNoPrintOfAConfigShowsASecret(t *testing.T) {
	t.Parallel()
	c, err := Load(lookup(map[string]string{
		"ORDERQ_REDIS_URL": "redis://ann:" + canary + "@h:1", "YEASTAR_CLIENT_ID": canary, "YEASTAR_CLIENT_SECRET": canary,
		"YEASTAR_PROXY": "http://ann:" + canary + "@p:1", "ORDERQ_API_TOKENS": "ops:operator:" + canary,
		"ORDERQ_TOKEN": canary,
	}))
	if err != nil {
		t.Fatal(err)
	}
	j, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	type keeper struct{ c Config } // fmt calls no methods below an unexported field
	prints := []string{string(j), fmt.Sprint(c.Redis.Asynq()), fmt.Sprintf("%+v", c.Redis.Asynq()), fmt.Sprintf("%+v", keeper{c}.c.Redis)}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		prints = append(prints, fmt.Sprintf(verb, c), fmt.Sprintf(verb, &c))
	}
	type redisKeeper struct{ r Redis }
	prints = append(prints, fmt.Sprintf("%+v", redisKeeper{c.Redis}))
	for _, p := range prints {
		if strings.Contains(p, canary) {
			t.Errorf("shows a secret: %s", p)
		}
	}
}

func TestEveryErrorNamesVariableAndWayOut(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, value, want string }{
		{"ORDERQ_REDIS_URL", "redis-sentinel://h", "redis-sentinel:// does not work yet"},
		{"ORDERQ_ALLOW_VOLATILE_LEDGER", "maybe", `"maybe": want true or false`},
		{"YEASTAR_BASE_URL", "openapi.partner.yeastar.com", "want https://host"},
		{"YEASTAR_BASE_URL", "https://a:b@h", "leave them away"},
		{"YEASTAR_BASE_URL", "https://h?x", "has a ? or #"},
		{"YEASTAR_USER_AGENT", "a\nb", "control characters"},
		{"YEASTAR_PROXY", "ftp://h", "want http://"},
		{"ORDERQ_ACCOUNT", "West", "want 1 to 32 of a-z"},
		{"ORDERQ_BILLING_CONTACT", strings.Repeat("x", 201), "at most 200"},
		{"ORDERQ_LISTEN", "8080", "want host:port"},
		{"ORDERQ_LISTEN", "h:99999", "want host:port"},
		{"ORDERQ_METRICS_LISTEN", "h:http", "want host:port"},
		{"ORDERQ_WEBHOOK_ALLOW", "10.0.0.0/40", "want networks such as 10.1.0.0/16"},
		{"ORDERQ_API_TOKENS", "ops", "entry 1: want name:role:token"},
		{"ORDERQ_API_TOKENS", "ops:root:x", "entry 1: role: want one of [viewer producer operator]"},
		{"ORDERQ_API_TOKENS", "a:viewer:x,a:viewer:y", "entries 1 and 2 have the same name"},
		{"ORDERQ_API_TOKENS", "a:viewer:x,b:viewer:x", "entries 1 and 2 have the same token"},
		{"ORDERQ_API_TOKENS", "a:viewer:x,", "entry 2: want name:role:token"},
		{"ORDERQ_CONCURRENCY", "0", "want a whole number from 1"},
		{"ORDERQ_SERVERS", "1.5", "want a whole number from 1"},
		{"ORDERQ_SERVERS", "33", "33 servers share a concurrency of 32"},
		{"ORDERQ_RATE", "20", "want a rate such as 20/s"},
		{"ORDERQ_CALL_TIMEOUT", "30", "want a positive time"},
		{"ORDERQ_CALL_TIMEOUT", "-1s", "want a positive time"},
		{"ORDERQ_TASK_TIMEOUT", "30s", "must be longer than ORDERQ_CALL_TIMEOUT (30s)"},
		{"ORDERQ_TASK_TIMEOUT", "45s", "ORDERQ_SHUTDOWN_TIMEOUT: 45s must be longer than ORDERQ_TASK_TIMEOUT (45s)"},
		{"ORDERQ_TASK_TIMEOUT", "40500ms", "whole seconds"},
		{"ORDERQ_SHUTDOWN_TIMEOUT", "20s", "must be longer"},
		{"ORDERQ_SETTLE", "0s", "want a positive time"},
		{"ORDERQ_ON_ABSENT", "always", "want one of [auto review resubmit]"},
		{"ORDERQ_LOG_LEVEL", "loud", "want one of [debug"},
		{"ORDERQ_LOG_FORMAT", "xml", "want one of [console"},
		{"YEASTAR_CLIENT_ID", "x", "only one of them is set"},
		{"ORDERQ_TLS_CERT", "/etc/cert.pem", "only one of them is set"},
		{"ORDERQ_API_RATE", "fast", "want a rate such as 20/s"},
		{"ORDERQ_SERVER", "127.0.0.1:8080", "want https://host"},
		{"ORDERQ_SERVER", "http://a:b@h", "leave them away"},
		{"ORDERQ_TOKEN", "two words", "want one token alone"},
	} {
		_, err := Load(lookup(map[string]string{c.name: c.value}))
		if err == nil || !strings.Contains(err.Error(), c.name) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s=%q: got %v, want %q", c.name, c.value, err, c.want)
		}
	}
}

func TestAllThatIsWrongIsSaidAtOnce(t *testing.T) {
	t.Parallel()
	_, err := Load(lookup(map[string]string{"ORDERQ_RATE": "fast", "ORDERQ_LISTEN": "x", "ORDERQ_CONCURRENCY": "-1"}))
	if err == nil || strings.Count(err.Error(), "\n") != 2 {
		t.Fatalf("got %v, want three lines", err)
	}
}

func TestNoErrorShowsASecret(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, value string }{
		{"ORDERQ_REDIS_URL", "redis://ann:" + canary + "%zz@h:1"}, {"ORDERQ_REDIS_URL", "redis://ann:12/" + canary + "@h:1"},
		{"ORDERQ_REDIS_URL", "redis://ann:" + canary + "/x@h"}, {"ORDERQ_REDIS_URL", canary}, {"ORDERQ_REDIS_URL", "redis://h?" + canary + "=1"},
		{"ORDERQ_REDIS_URL", "redis://h?password=" + canary}, {"ORDERQ_REDIS_URL", "redis://:12?" + canary + "@h"}, {"ORDERQ_REDIS_URL", "redis://h:1#" + canary},
		{"YEASTAR_PROXY", "http://ann:" + canary + "%zz@p"}, {"YEASTAR_PROXY", canary}, {"ORDERQ_API_TOKENS", canary}, {"ORDERQ_API_TOKENS", "ops:" + canary},
		{"ORDERQ_API_TOKENS", "ops:" + canary + ":x"}, {"ORDERQ_API_TOKENS", canary + ":viewer:x," + canary + ":viewer:y"}, {"YEASTAR_CLIENT_SECRET", canary},
		{"ORDERQ_TOKEN", canary + " x"}, {"ORDERQ_TOKEN", canary + "\u00e9"},
	} {
		_, err := Load(lookup(map[string]string{c.name: c.value}))
		if err == nil || strings.Contains(err.Error(), canary) {
			t.Errorf("%s=%s: got %v, want an error without the secret", c.name, c.value, err)
		}
	}
}

func TestASecretMayBeInAFile(t *testing.T) {
	t.Parallel()
	c, err := Load(lookup(map[string]string{
		"YEASTAR_CLIENT_ID_FILE": file(t, "id\n"), "YEASTAR_CLIENT_SECRET_FILE": file(t, canary+"\r\n"),
		"ORDERQ_API_TOKENS_FILE": file(t, "a:viewer:x"), "ORDERQ_REDIS_URL_FILE": file(t, "redis://h:1/2\n"), "YEASTAR_PROXY_FILE": file(t, "http://p:1"),
	}))
	if err != nil {
		t.Fatal(err)
	}
	if c.ClientID != "id" || c.ClientSecret != canary || len(c.Tokens) != 1 || c.Redis.String() != "redis://h:1/2" || c.Proxy != "http://p:1" {
		t.Errorf("got %+v", c)
	}
	for name, vars := range map[string]map[string]string{
		"both set: unset one":       {"ORDERQ_REDIS_URL": "redis://h", "ORDERQ_REDIS_URL_FILE": file(t, "x")},
		"no such file":              {"ORDERQ_API_TOKENS_FILE": "/nowhere/at/all"},
		"is empty":                  {"ORDERQ_API_TOKENS_FILE": file(t, "\n")},
		"more than one line":        {"ORDERQ_API_TOKENS_FILE": file(t, canary+"\n"+canary)},
		"more than 65536 bytes":     {"ORDERQ_API_TOKENS_FILE": file(t, strings.Repeat("x", maxSecret+1))},
		"ORDERQ_API_TOKENS_FILE: e": {"ORDERQ_API_TOKENS_FILE": file(t, canary)},
	} {
		_, err := Load(lookup(vars))
		if err == nil || !strings.Contains(err.Error(), name) || strings.Contains(err.Error(), canary) {
			t.Errorf("got %v, want %q", err, name)
		}
	}
}

func TestTheJournalsPlaceFollowsTheUsersState(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ state, home, want string }{
		{"/st", "/home/ann", "/st/orderq/journal"},
		{"relative", "/home/ann", "/home/ann/.local/state/orderq/journal"},
		{"", "/home/ann", "/home/ann/.local/state/orderq/journal"},
		{"", "", ""},
	} {
		got, err := Load(lookup(map[string]string{"XDG_STATE_HOME": c.state, "HOME": c.home}))
		if got.Journal != c.want || (err != nil) != (c.want == "") {
			t.Errorf("%+v: got %q, %v", c, got.Journal, err)
		}
		if err != nil && !strings.Contains(err.Error(), "ORDERQ_JOURNAL") {
			t.Errorf("%v does not name the variable", err)
		}
	}
}

func TestTimeoutsThatAreNotGivenFitThoseThatAre(t *testing.T) {
	t.Parallel()
	for _, vars := range []map[string]string{
		{"ORDERQ_CALL_TIMEOUT": "200ms"}, {"ORDERQ_CALL_TIMEOUT": "10m"}, {"ORDERQ_SHUTDOWN_TIMEOUT": "33s"}, {"ORDERQ_TASK_TIMEOUT": "31s"},
	} {
		c, err := Load(lookup(vars))
		if err != nil || c.CallTimeout >= c.TaskTimeout || c.TaskTimeout >= c.ShutdownTimeout {
			t.Errorf("%v: %v < %v < %v, %v", vars, c.CallTimeout, c.TaskTimeout, c.ShutdownTimeout, err)
		}
	}
}

func TestWhatACommandNeedsIsAskedForByName(t *testing.T) {
	t.Parallel()
	if err := (Config{}).Credentials(); err == nil || !strings.Contains(err.Error(), "YEASTAR_CLIENT_ID") {
		t.Errorf("got %v", err)
	}
	if err := (Config{ClientID: "a", ClientSecret: "b"}).Credentials(); err != nil {
		t.Error(err)
	}
	if err := (Config{}).MetricsListener(); err != nil {
		t.Errorf("no metrics: got %v", err)
	}
	for listen, ok := range map[string]bool{
		"127.0.0.1:8080": true, "localhost:0": true, "[::1]:1": true, "[::ffff:127.0.0.1]:1": true,
		":8080": false, "0.0.0.0:8080": false, "[::]:8080": false, "example.com:80": false, "127.0.0.1.example.com:80": false,
	} {
		if err := (Config{Listen: listen}).Listener(); (err == nil) != ok {
			t.Errorf("%s without tokens: got %v", listen, err)
		}
		if err := (Config{Listen: listen, Tokens: []Token{{}}}).Listener(); err != nil {
			t.Errorf("%s with tokens: got %v", listen, err)
		}
		if err := (Config{MetricsListen: listen}).MetricsListener(); (err == nil) != ok {
			t.Errorf("metrics at %s without tokens: got %v", listen, err)
		}
		if err := (Config{MetricsListen: listen, Tokens: []Token{{}}}).MetricsListener(); err != nil {
			t.Errorf("metrics at %s with tokens: got %v", listen, err)
		}
	}
}

func TestATokenDoesNotCrossANetworkInTheOpen(t *testing.T) {
	t.Parallel()
	for url, ok := range map[string]bool{
		"": true, "https://orders.test": true, "http://127.0.0.1:8080": true, "http://localhost": true, "http://[::1]:1/q": true,
		"http://orders.test": false, "http://10.0.0.1:8080": false, "http://127.0.0.1.orders.test": false,
	} {
		c, err := Load(lookup(map[string]string{"ORDERQ_SERVER": url, "ORDERQ_TOKEN": canary}))
		if err != nil {
			t.Fatal(err)
		}
		if err = c.ServerLine(); (err == nil) != ok || err != nil && (strings.Contains(err.Error(), canary) || !strings.Contains(err.Error(), "https://")) {
			t.Errorf("%s with a token: got %v", url, err)
		}
		c.ServerToken = ""
		if err := c.ServerLine(); err != nil {
			t.Errorf("%s without a token: got %v", url, err)
		}
	}
}

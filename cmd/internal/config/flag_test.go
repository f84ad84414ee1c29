package config

import (
	"slices"
	"strings"
	"testing"

	"github.com/spf13/pflag"
)

func parsed(t *testing.T, args []string, names ...string) (*Flags, error) {
	t.Helper()
	set := pflag.NewFlagSet("orderq", pflag.ContinueOnError)
	f := Bind(set, names...)
	return f, set.Parse(args)
}

func TestAFlagBeatsItsVariable(t *testing.T) {
	t.Parallel()
	env := lookup(map[string]string{
		"ORDERQ_RATE": "1/s", "ORDERQ_CONCURRENCY": "7", "ORDERQ_REDIS_URL_FILE": "/nowhere/at/all",
		"YEASTAR_CLIENT_ID": "from-env", "YEASTAR_CLIENT_SECRET": "from-env",
	})
	f, err := parsed(t, []string{"--rate=2/s", "--redis-url", "redis://flag:1/0", "--allow-volatile-ledger", "--yeastar-client-id-file", file(t, "from-file")})
	if err != nil {
		t.Fatal(err)
	}
	c, err := Load(f.Over(env))
	if err != nil {
		t.Fatal(err)
	}
	if c.Rate.String() != "2/s" || c.Concurrency != 7 || c.Redis.String() != "redis://flag:1/0" || !c.AllowVolatileLedger ||
		c.ClientID != "from-file" || c.ClientSecret != "from-env" {
		t.Errorf("got %+v", c)
	}
}

func TestAValueAndAFileByFlagAreOneTooMany(t *testing.T) {
	t.Parallel()
	f, err := parsed(t, []string{"--redis-url=redis://h", "--redis-url-file", file(t, "redis://h")})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Load(f.Over(lookup(nil))); err == nil || !strings.Contains(err.Error(), "both set") {
		t.Fatalf("got %v", err)
	}
}

func TestSecretsHaveNoFlagButTheirFiles(t *testing.T) {
	t.Parallel()
	set := pflag.NewFlagSet("orderq", pflag.ContinueOnError)
	Bind(set)
	for _, name := range []string{"yeastar-client-id", "yeastar-client-secret", "api-tokens", "yeastar-proxy", "token"} {
		if set.Lookup(name) != nil {
			t.Errorf("--%s would show a secret to every user of the machine", name)
		}
		if set.Lookup(name+"-file") == nil {
			t.Errorf("--%s-file is missing", name)
		}
	}
}

func TestEveryVariableOfTheContractHasAFlagThatNamesIt(t *testing.T) {
	t.Parallel()
	set := pflag.NewFlagSet("orderq", pflag.ContinueOnError)
	Bind(set)
	for _, name := range []string{
		"redis-url", "yeastar-base-url", "yeastar-user-agent", "listen", "metrics-listen", "concurrency", "servers", "rate", "call-timeout", "settle",
		"on-absent", "journal", "billing-contact", "aliases-file", "allow-volatile-ledger", "shutdown-timeout", "task-timeout", "sweep-every",
		"heartbeat-every", "breaker-open", "log-level", "log-format", "account", "server",
	} {
		fl := set.Lookup(name)
		if fl == nil {
			t.Errorf("--%s is missing", name)
			continue
		}
		variable := strings.ToUpper(strings.ReplaceAll(name, "-", "_"))
		if !strings.Contains(fl.Usage, variable) {
			t.Errorf("--%s: %q does not name %s", name, fl.Usage, variable)
		}
	}
}

func TestACommandMayTakeSomeFlagsOnly(t *testing.T) {
	t.Parallel()
	set := pflag.NewFlagSet("orderq", pflag.ContinueOnError)
	f := Bind(set, "ORDERQ_REDIS_URL", "ORDERQ_LOG_LEVEL")
	var got []string
	set.VisitAll(func(fl *pflag.Flag) { got = append(got, fl.Name) })
	if want := []string{"log-level", "redis-url", "redis-url-file"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if _, err := Load(f.Over(lookup(nil))); err != nil {
		t.Error(err)
	}
}

func TestWhatWasGivenByFlagIsKnown(t *testing.T) {
	t.Parallel()
	f, err := parsed(t, []string{"--rate", "5/s", "--token-file", "/x"})
	if got := f.Given(); err != nil || !slices.Equal(got, []string{"ORDERQ_TOKEN", "ORDERQ_RATE"}) {
		t.Errorf("got %v, %v", got, err)
	}
}

package cli

import (
	"slices"

	"github.com/spf13/cobra"

	"orderq/cmd/internal/config"
)

// The settings that commands have flags for.

func ledgerSettings() []string { return []string{"ORDERQ_REDIS_URL", "ORDERQ_ACCOUNT"} }

func portalSettings() []string {
	return []string{
		"YEASTAR_BASE_URL", "YEASTAR_CLIENT_ID", "YEASTAR_CLIENT_SECRET", "YEASTAR_USER_AGENT", "YEASTAR_PROXY",
		"ORDERQ_CALL_TIMEOUT",
	}
}

func logSettings() []string { return []string{"ORDERQ_LOG_LEVEL", "ORDERQ_LOG_FORMAT"} }

func workerSettings() []string {
	return append(append(append(ledgerSettings(), portalSettings()...), logSettings()...),
		"ORDERQ_ALLOW_VOLATILE_LEDGER", "ORDERQ_BILLING_CONTACT", "ORDERQ_ALIASES_FILE", "ORDERQ_CONCURRENCY",
		"ORDERQ_SERVERS", "ORDERQ_RATE", "ORDERQ_TASK_TIMEOUT", "ORDERQ_SHUTDOWN_TIMEOUT", "ORDERQ_SETTLE",
		"ORDERQ_ON_ABSENT", "ORDERQ_JOURNAL", "ORDERQ_SWEEP_EVERY", "ORDERQ_HEARTBEAT_EVERY", "ORDERQ_BREAKER_OPEN", "ORDERQ_WEBHOOK_ALLOW")
}

// settings are what a command reads its configuration through: the environment, and over it the flags of
// the command and of those above it.
type settings struct {
	app   *app
	flags []*config.Flags
}

// settings binds the flags of these variables to a command and its subcommands. The environment is read
// whole in every case, so that a mistake in it shows at once and not at the command that needs the value.
func (a *app) settings(cmd *cobra.Command, variables ...string) settings {
	return settings{app: a}.and(cmd, variables...)
}

// and binds further ones, of a subcommand.
func (s settings) and(cmd *cobra.Command, variables ...string) settings {
	s.flags = append(slices.Clone(s.flags), config.Bind(cmd.PersistentFlags(), variables...))
	return s
}

// env is the environment with the flags over it.
func (s settings) env() func(string) (string, bool) {
	env := s.app.env
	for _, f := range s.flags {
		env = f.Over(env)
	}
	return env
}

// load reads flags and environment. A setting that cannot be read is wrong use.
func (s settings) load() (config.Config, error) { return s.loadOver(nil) }

// loadOver is load with values that beat flags and environment.
func (s settings) loadOver(over map[string]string) (config.Config, error) {
	env := s.env()
	cfg, err := config.Load(func(name string) (string, bool) {
		if text, ok := over[name]; ok {
			return text, text != ""
		}
		return env(name)
	})
	if err != nil {
		return config.Config{}, wrongUse(err)
	}
	return cfg, nil
}

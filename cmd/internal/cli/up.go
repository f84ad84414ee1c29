package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"
	"go.uber.org/zap"

	"orderq/cmd/internal/embedded"
	"orderq/cmd/internal/metrics"
	"orderq/yeastar/yeastartest"
)

func (a *app) up() *cobra.Command {
	var simulate bool
	var f simFlags
	cmd := &cobra.Command{
		Use: "up", Short: "Run everything in one process: HTTP API and worker", GroupID: groupStart, Args: none,
		Long: `Run everything in one process: a worker, and the HTTP API at ORDERQ_LISTEN
(GET /openapi.json describes it), with a page at / that tells whether money is
safe, asynq's dashboard at /queues/, and /metrics, /healthz and /readyz.

With --redis embedded:// it brings its own Redis, in memory: for trying out.
With --sim it brings a simulated portal, so that nothing can be bought. It
prints what other commands need to reach them.`,
		Example: `  orderq up --redis embedded:// --sim
  orderq up --redis redis://127.0.0.1:6379/0
  orderq up --sim --faults drop_after:0.2`,
	}
	set := a.settings(cmd, append(workerSettings(), apiSettings()...)...)
	cmd.Flags().BoolVar(&simulate, "sim", false, "bring a simulated portal")
	cmd.Flags().StringVar(&f.faults, "faults", "", "of the simulated portal: `name:probability,…`, see orderq sim --help")
	cmd.Flags().Int64Var(&f.seed, "seed", 0, "of the simulated portal: same number, same PBXs and faults")
	f.pbxs, f.echo = 400, "both"
	cmd.RunE = a.do(func(ctx context.Context, _ []string) error {
		if !simulate && (cmd.Flags().Changed("faults") || cmd.Flags().Changed("seed")) {
			return wrongUse(fmt.Errorf("--faults and --seed are the simulator's: add --sim"))
		}
		over := map[string]string{}
		if simulate {
			s, err := startSim(ctx, "127.0.0.1:0", f)
			if err != nil {
				return err
			}
			defer s.close()
			over = simulated(s)
		}
		cfg, err := set.loadOver(over)
		if err != nil {
			return err
		}
		if err := cfg.Listener(); err != nil {
			return wrongUse(err)
		}
		if err := cfg.Credentials(); err != nil {
			return wrongUse(fmt.Errorf("%w; or bring a simulated portal: --sim", err))
		}
		if cfg.Redis.Embedded() {
			server, err := embedded.Start()
			if err != nil {
				return err
			}
			defer server.Close()
			cfg.Redis = cfg.Redis.At(server.Addr())
			a.export("ORDERQ_REDIS_URL", "redis://"+server.Addr()+"/0")
		}
		for _, name := range []string{"YEASTAR_BASE_URL", "YEASTAR_CLIENT_ID", "YEASTAR_CLIENT_SECRET"} {
			if value := over[name]; value != "" {
				a.export(name, value)
			}
		}
		if simulate && cfg.BillingContact == "" {
			// The simulated account has two contacts, as real ones do; whoever tries orderq need not know.
			cfg.BillingContact = yeastartest.BillingContact.String()
			a.export("ORDERQ_BILLING_CONTACT", cfg.BillingContact)
		}
		return a.work(ctx, cfg, func(ctx context.Context, l *ledger, m *metrics.Set, ready func(context.Context) error, log *zap.Logger) (pages, error) {
			return a.openSite(ctx, l, m, ready, log)
		})
	})
	return cmd
}

// export tells a shell how to reach what this process has brought along. The simulator's credentials are no
// secrets.
func (a *app) export(name, value string) {
	if !a.json {
		a.say("export %s=%s", name, value)
	}
}

// simulated points the settings at a simulator. What could lead past it is emptied.
func simulated(s *simulator) map[string]string {
	return map[string]string{
		"YEASTAR_BASE_URL": s.url, "YEASTAR_CLIENT_ID": s.portal.ClientID(), "YEASTAR_CLIENT_SECRET": s.portal.ClientSecret(),
		"YEASTAR_CLIENT_ID_FILE": "", "YEASTAR_CLIENT_SECRET_FILE": "", "YEASTAR_PROXY": "", "YEASTAR_PROXY_FILE": "",
	}
}

package cli

import (
	"context"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/spf13/cobra"

	"orderq/cmd/internal/config"
	"orderq/cmd/internal/doctor"
	"orderq/cmd/internal/office"
	"orderq/store"
	"orderq/store/fleet"
	"orderq/yeastar"
)

func (a *app) doctor() *cobra.Command {
	cmd := &cobra.Command{
		Use: "doctor", Short: "Check settings, Redis, journal and portal by reads alone", GroupID: groupStart, Args: none,
		Long: `Check settings, Redis, journal and portal, by reads alone: it never orders
anything. One line per check: ok, warn or FAIL, what, what was found; and below
it what to do.

Exit: 0 nothing FAILs · 1 something does · 2 the settings cannot be read.`,
		Example: "  orderq doctor\n  orderq doctor --json",
	}
	set := a.settings(cmd, append(append(ledgerSettings(), portalSettings()...), "ORDERQ_JOURNAL", "ORDERQ_BILLING_CONTACT", "ORDERQ_ALIASES_FILE")...)
	cmd.RunE = a.do(func(ctx context.Context, _ []string) error {
		cfg, err := set.load()
		if err != nil {
			return err
		}
		if cfg.Redis.Embedded() {
			return wrongUse(errEmbedded)
		}
		rdb := redis.NewClient(cfg.Redis.Options())
		defer rdb.Close()
		s, err := a.subject(cfg, rdb)
		if err != nil {
			return err
		}
		if s.Portal != nil {
			defer s.Portal.Close()
		}
		if err := a.finding(doctor.Finding{Level: doctor.OK, What: "settings", Finding: "can be read, account " + cfg.Account}); err != nil {
			return err
		}
		var failed error
		worst := doctor.Run(ctx, doctor.Checks(s), func(f doctor.Finding) {
			if err := a.finding(f); err != nil && failed == nil {
				failed = err
			}
		})
		switch {
		case failed != nil:
			return failed
		case ctx.Err() != nil:
			return ctx.Err()
		case worst == doctor.Fail:
			return exit(exitFailed)
		}
		return nil
	})
	return cmd
}

// subject is what these settings point at.
func (a *app) subject(cfg config.Config, rdb *redis.Client) (*doctor.Subject, error) {
	names, err := aliases(cfg)
	if err != nil {
		return nil, err
	}
	s := &doctor.Subject{
		Redis: rdb, RedisAt: cfg.Redis.String(), Fleet: fleet.Of(store.Open(rdb, store.DefaultPrefix, cfg.Account)),
		Journal: cfg.Journal, BaseURL: cfg.BaseURL, Toy: config.Loopback(cfg.BaseURL), Proxied: cfg.Proxy != "",
		Contact: cfg.BillingContact, Aliases: names, Clock: &doctor.Clock{}, Now: a.now,
	}
	if s.PortalErr = cfg.Credentials(); s.PortalErr != nil {
		return s, nil
	}
	portal := office.PortalOf(cfg)
	portal.Observe = func(_ yeastar.Call, answer yeastar.Answer, _ time.Duration) { s.Clock.Note(answer.Date, a.now()) }
	s.Portal, s.PortalErr = yeastar.New(portal)
	return s, nil
}

// finding writes one check's line, and its remedy below it.
func (a *app) finding(f doctor.Finding) error {
	if a.json {
		return a.emit(f)
	}
	const indent = 22
	for i, line := range wrap(plain(f.Finding), columns-indent) {
		level, what := string(f.Level), f.What
		if i > 0 {
			level, what = "", ""
		}
		a.say("%-4s  %-14s  %s", level, what, line)
	}
	if f.Remedy != "" {
		for i, line := range wrap(plain(f.Remedy), columns-indent-3) {
			arrow := "→ "
			if i > 0 {
				arrow = "  "
			}
			a.say("%*s%s%s", indent, "", arrow, line)
		}
	}
	return nil
}

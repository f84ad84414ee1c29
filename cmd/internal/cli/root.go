package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// The groups that the help lists commands in.
const (
	groupStart = "start"
	groupOrder = "order"
	groupRun   = "run"
	groupCheck = "check"
)

func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "orderq",
		Short: "Places purchase orders at the Yeastar Partner Portal, each at most once",
		Long: `orderq places purchase orders at the Yeastar Partner Portal, each at most once.

Results go to stdout, messages to stderr. Exit codes: 0 done · 1 failed, not
found or in conflict · 2 wrong use · 3 rejected or cancelled · 4 unknown or in
review · 5 not final yet; of several orders the worst (1, 4, 5, 3, 0).`,
		Example: `  orderq up --redis embedded:// --sim       try it, with nothing but this binary
  orderq doctor                             check the settings by reads alone
  orderq order place --kind add_recording_minutes --quantity 1000 \
      --product-no 3658B431119665QJ --wait 1m
  orderq status                             is the money safe?
  orderq status --server https://orders.example.com    the same, by HTTP`,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          a.subcommand,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.PersistentFlags().BoolVar(&a.json, "json", false, "results as JSON, one object per line")
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error { return wrongUse(flagError(cmd, err)) })
	// --redis is what one types; --redis-url is what the variable is called. They are the same flag.
	root.SetGlobalNormalizationFunc(func(_ *pflag.FlagSet, name string) pflag.NormalizedName {
		if name == "redis" {
			name = "redis-url"
		}
		return pflag.NormalizedName(name)
	})
	root.AddGroup(
		&cobra.Group{ID: groupStart, Title: "Begin here"}, &cobra.Group{ID: groupOrder, Title: "Orders"},
		&cobra.Group{ID: groupRun, Title: "Running it"}, &cobra.Group{ID: groupCheck, Title: "Looking at it"},
	)
	root.SetHelpCommandGroupID(groupCheck)
	root.SetCompletionCommandGroupID(groupCheck)
	root.AddCommand(
		a.demo(), a.up(), a.order(), a.batch(), a.catalog(), a.worker(), a.serve(), a.sim(), a.halt(), a.resume(), a.recover(),
		a.webhook(),
		a.status(), a.limits(), a.doctor(), a.prove(), a.bench(), a.version(),
	)
	root.SetUsageFunc(usage)
	return root
}

// group makes a command that only has subcommands.
func (a *app) group(cmd *cobra.Command) *cobra.Command {
	cmd.Args = a.subcommand
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		cmd.SetOut(a.err)
		if err := cmd.Help(); err != nil {
			return err
		}
		return exit(exitUsage)
	}
	return cmd
}

// subcommand refuses a word that is none of the subcommands, with those that it may have meant.
func (a *app) subcommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	cmd.SuggestionsMinimumDistance = 2
	message := fmt.Sprintf("unknown command %q for %q", args[0], cmd.CommandPath())
	if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
		message += "; did you mean " + strings.Join(near, " or ") + "?"
	}
	return wrongUse(errors.New(message))
}

// do is a command's work, begun once its command line was understood.
func (a *app) do(work func(ctx context.Context, args []string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		a.began = true
		return work(cmd.Context(), args)
	}
}

// flagWants is what a flag takes, by the type of its value.
var flagWants = map[string]string{
	"duration": "want a time such as 30s, 5m or 1h30m",
	"int":      "want a whole number",
	"int64":    "want a whole number",
	"float64":  "want a number such as 0.05",
	"bool":     "want true or false",
}

// flagError says what a flag takes, and adds the flag that may have been meant.
func flagError(cmd *cobra.Command, err error) error {
	var invalid *pflag.InvalidValueError
	if errors.As(err, &invalid) {
		if want := flagWants[invalid.GetFlag().Value.Type()]; want != "" {
			return fmt.Errorf("--%s %q: %s", invalid.GetFlag().Name, invalid.GetValue(), want)
		}
	}
	var unknown *pflag.NotExistError
	if !errors.As(err, &unknown) {
		return err
	}
	if unknown.GetSpecifiedName() == "server" && cmd.HasParent() {
		return fmt.Errorf("%s works on this machine and its own Redis: it takes no --server, and does not look at ORDERQ_SERVER", cmd.CommandPath())
	}
	var names []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if !f.Hidden {
			names = append(names, f.Name)
		}
	})
	if near := near(unknown.GetSpecifiedName(), names); near != "" {
		return fmt.Errorf("%w; did you mean --%s?", err, near)
	}
	return err
}

// names is a validator for commands that take words of their own.
func names(least int, what string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		if len(args) < least {
			return wrongUse(fmt.Errorf("say which: %s", what))
		}
		for _, word := range args {
			if strings.TrimSpace(word) == "" {
				return wrongUse(fmt.Errorf("%q is no name: %s", word, what))
			}
		}
		return nil
	}
}

func one(what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) > 1 {
			return wrongUse(fmt.Errorf("%d names given, one is taken: %s", len(args), what))
		}
		return names(1, what)(cmd, args)
	}
}

func none(_ *cobra.Command, args []string) error {
	if len(args) > 0 {
		return wrongUse(fmt.Errorf("%q: this command takes flags alone", args[0]))
	}
	return nil
}

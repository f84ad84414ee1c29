package cli

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"orderq/tasks"
)

// columns is how wide text for people may be.
const columns = 80

// usage prints what follows a command's description in its help. It is ours because cobra's own does not
// wrap at 80 columns, and setting its template functions would be global.
func usage(cmd *cobra.Command) error {
	w := cmd.OutOrStderr()
	fmt.Fprintln(w, "Usage:")
	if cmd.HasAvailableSubCommands() {
		fmt.Fprintf(w, "  %s COMMAND\n", cmd.CommandPath())
	} else {
		fmt.Fprintf(w, "  %s\n", cmd.UseLine())
	}
	if cmd.HasExample() {
		fmt.Fprintf(w, "\nExamples:\n%s\n", cmd.Example)
	}
	if cmd.HasAvailableSubCommands() {
		subcommands(w, cmd)
	}
	flags(w, "Flags", cmd.LocalNonPersistentFlags())
	shared := pflag.NewFlagSet("shared", pflag.ContinueOnError)
	shared.AddFlagSet(cmd.PersistentFlags())
	shared.AddFlagSet(cmd.InheritedFlags())
	flags(w, "Shared flags", shared)
	if cmd.HasAvailableSubCommands() {
		fmt.Fprintf(w, "\nMore: %s COMMAND --help\n", cmd.CommandPath())
	}
	return nil
}

func subcommands(w io.Writer, cmd *cobra.Command) {
	list := func(title, group string) {
		var lines []string
		for _, c := range cmd.Commands() {
			if c.IsAvailableCommand() && c.GroupID == group {
				lines = append(lines, fmt.Sprintf("  %-12s %s", c.Name(), c.Short))
			}
		}
		if len(lines) > 0 {
			fmt.Fprintf(w, "\n%s:\n%s\n", title, strings.Join(lines, "\n"))
		}
	}
	for _, g := range cmd.Groups() {
		list(g.Title, g.ID)
	}
	list("Commands", "")
}

// flags lists flags with their usage beside or below them.
func flags(w io.Writer, title string, set *pflag.FlagSet) {
	if !set.HasAvailableFlags() {
		return
	}
	fmt.Fprintf(w, "\n%s:\n", title)
	const beside = 26
	set.VisitAll(func(f *pflag.Flag) {
		if f.Hidden {
			return
		}
		value, text := pflag.UnquoteUsage(f)
		name := "      --" + f.Name
		if f.Shorthand != "" {
			name = "  -" + f.Shorthand + ", --" + f.Name
		}
		if value != "" {
			name += " " + value
		}
		if d := f.DefValue; d != "" && d != "false" && d != "[]" && d != "0s" && !strings.Contains(text, "(default") {
			text += " (default " + d + ")"
		}
		for i, line := range wrap(text, columns-beside) {
			switch {
			case i == 0 && len(name) < beside:
				fmt.Fprintf(w, "%-*s%s\n", beside, name, line)
				continue
			case i == 0:
				fmt.Fprintln(w, name)
			}
			fmt.Fprintf(w, "%*s%s\n", beside, "", line)
		}
	})
}

// near is the one of the words that was probably meant; "" where none is close.
func near(word string, words []string) string {
	if found := tasks.Near(word, words, 3, 1); len(found) > 0 {
		return found[0]
	}
	return ""
}

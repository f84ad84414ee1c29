package cli

import (
	"bytes"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"orderq/store"
)

var update = flag.Bool("update", false, "write the golden files anew")

// golden compares with testdata/name, or writes it with -update.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s: run with -update if this is meant.\ngot:\n%s\nwant:\n%s", path, got, want)
	}
}

// walk calls f for every command that a person can see.
func walk(cmd *cobra.Command, f func(*cobra.Command)) {
	f(cmd)
	for _, c := range cmd.Commands() {
		if c.IsAvailableCommand() {
			walk(c, f)
		}
	}
}

func tree() *cobra.Command {
	a := &app{env: func(string) (string, bool) { return "", false }}
	return a.root()
}

func TestEveryHelpFitsEightyColumnsAndHasAnExample(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	walk(tree(), func(cmd *cobra.Command) {
		if cmd.Short == "" || cmd.Example == "" {
			t.Errorf("%s has no short description or no example", cmd.CommandPath())
		}
		args := append(strings.Fields(cmd.CommandPath())[1:], "--help")
		got := d.must(exitDone, args...)
		if got.err != "" {
			t.Errorf("%s --help writes to stderr: %s", cmd.CommandPath(), got.err)
		}
		for line := range strings.Lines(got.out) {
			if n := utf8.RuneCountInString(strings.TrimRight(line, "\n")); n > columns {
				t.Errorf("%s --help: %d columns: %s", cmd.CommandPath(), n, line)
			}
		}
	})
}

func TestTheHelpIsAsAgreed(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	golden(t, "help", d.must(exitDone, "--help").out)
	golden(t, "help_order_place", d.must(exitDone, "order", "place", "--help").out)
	golden(t, "help_status", d.must(exitDone, "status", "--help").out)
	if bare := d.must(exitDone); bare.out != d.must(exitDone, "--help").out {
		t.Errorf("orderq alone shows not its help but:\n%s", bare.out)
	}
}

func TestWrongUseExitsTwoAndSaysWhatIsRight(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for _, c := range []struct {
		args string
		want string
	}{
		{"stauts", `unknown command "stauts" for "orderq"; did you mean status?`},
		{"order plcae", "did you mean place?"},
		{"order", "Usage:"},
		{"catalog", "Usage:"},
		{"status extra", `"extra": this command takes flags alone`},
		{"status --jsno", "did you mean --json?"},
		{"order get", "say which: an order's id"},
		{"order history a b", "2 names given, one is taken"},
		{"order wait", "say which"},
		{"order wait x --timeout -1s", "--timeout -1s"},
		{"order list --state plcaed", "did you mean placed?"},
		{"order list --kind nonsense", "want one of expand_extensions"},
		{"order list --since yesterday", `--since "yesterday": want a day`},
		{"order list --since 1h --until 2h", "nothing can be between"},
		{"order list --limit -1", "--limit -1"},
		{"order list --label acme", "want key=value"},
		{"order cancel", "say which"},
		{"order release x", "say who decides: --by NAME"},
		{"order release x --by anna", "say why: --note TEXT"},
		{"order resolve x --by a --note b", "say one of --placed ORDERNO, --resend, --drop"},
		{"order resolve x --resend --drop --by a --note b", "say one of"},
		{"order resolve x --resend", "--by NAME"},
		{"order place --wait -1s --kind subscribe_ha --product-no 3658B4311196K2ID", "--wait -1s"},
		{"order place --dry-run --wait 1s --kind subscribe_ha --product-no 3658B4311196K2ID", "--dry-run orders nothing"},
		{"order place --file - --kind subscribe_ha", "leave --kind away"},
		{"order place --file /nowhere/at/all", "no such file"},
		{"order place --label acme --kind subscribe_ha --product-no 3658B4311196K2ID", "want key=value"},
		{"halt", "say who decides"},
		{"halt --by anna", "say why"},
		{"resume --note x", "say who decides"},
		{"recover --without-host h --by anna", "say why"},
		{"sim --faults nonsense:0.1", `unknown fault "nonsense"`},
		{"sim --faults drop_after:2", "probability 2"},
		{"sim --echo loud", `--echo "loud"`},
		{"up --faults drop_after:0.1", "add --sim"},
		{"up --sim --listen 0.0.0.0:0", "ORDERQ_API_TOKENS"},
		{"status --redis nonsense", "ORDERQ_REDIS_URL"},
		{"status --redis redis-cluster://127.0.0.1:1", "redis-cluster"},
		{"status --redis embedded://", "orderq up"},
		{"worker --redis embedded://", "orderq up"},
		{"worker --rate fast", "ORDERQ_RATE"},
		{"limits --settle soon", "ORDERQ_SETTLE"},
		{"catalog orders --limit -3", "--limit -3"},
		{"order list --limit ten", `--limit "ten": want a whole number`},
		{"order wait x --timeout 10", `--timeout "10": want a time such as 30s`},
		{"sim --strangers some", `--strangers "some": want a number`},
		{"sim --pbxs 1.5", `--pbxs "1.5": want a whole number`},
		{"order list --json=perhaps", `--json "perhaps": want true or false`},
		{"completion tcsh", `unknown command "tcsh"`},
	} {
		got := d.run(strings.Fields(c.args)...)
		if got.code != exitUsage {
			t.Errorf("orderq %s: exit %d, want 2\n%s%s", c.args, got.code, got.out, got.err)
		}
		if got.out != "" {
			t.Errorf("orderq %s: writes to stdout: %s", c.args, got.out)
		}
		says(t, got.err, c.want)
	}
	if n := len(d.room.Mini.Keys()); n > 1 { // the room's own epoch
		t.Errorf("wrong use wrote into Redis: %v", d.room.Mini.Keys())
	}
}

func TestCompletionKnowsTheWords(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for _, c := range []struct{ args, want string }{
		{"__complete order list --state ", "review"},
		{"__complete order place --kind ", "subscribe_ha"},
		{"__complete order place --billing-cycle ", "annually"},
		{"__complete order re", "resolve"},
	} {
		args := strings.Split(c.args, " ")
		says(t, d.must(exitDone, args...).out, c.want)
	}
	for _, shell := range []string{"bash", "zsh", "fish", "powershell"} {
		if got := d.must(exitDone, "completion", shell); len(got.out) < 1000 {
			t.Errorf("completion for %s: %q", shell, got.out)
		}
	}
}

func TestColourIsForTerminalsAlone(t *testing.T) {
	t.Parallel()
	none := func(string) (string, bool) { return "", false }
	if coloured(none, &bytes.Buffer{}) {
		t.Error("a buffer is no terminal")
	}
	a := &app{out: &bytes.Buffer{}}
	if got := a.paint(store.Placed); got != "placed" {
		t.Errorf("painted without colour: %q", got)
	}
	a.colour = true
	if got := a.paint(store.Placed); got != "\x1b[32mplaced\x1b[0m" {
		t.Errorf("placed is painted %q", got)
	}
}

func TestVersionTellsWhatItWasBuiltWith(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	says(t, d.must(exitDone, "version").out, "orderq ", "go1.")
	says(t, d.must(exitDone, "version", "--json").out, `"version":`, `"platform":`)
	if got := buildOf(nil); got.Version != "(unknown)" {
		t.Errorf("without build information: %+v", got)
	}
}

func TestResultsThatCannotBeWrittenAreAFailure(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	full := writerFunc(func([]byte) (int, error) { return 0, errors.New("no space left on device") })
	for _, args := range [][]string{{"status"}, {"version"}, {"limits", "--json"}, {"--help"}} {
		var said bytes.Buffer
		if code := Run(t.Context(), args, d.lookup, strings.NewReader(""), full, &said); code != exitFailed {
			t.Errorf("%v: exit %d, want 1", args, code)
		}
		says(t, said.String(), "no space left on device")
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

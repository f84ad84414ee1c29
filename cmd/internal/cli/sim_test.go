package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/spf13/pflag"

	"orderq/yeastar/yeastartest"
)

func simOptions(args ...string) (yeastartest.Options, error) {
	var f simFlags
	set := pflag.NewFlagSet("sim", pflag.ContinueOnError)
	f.register(set)
	if err := set.Parse(args); err != nil {
		return yeastartest.Options{}, err
	}
	return f.options()
}

func TestEveryFlagOfTheSimulatorReachesThePortal(t *testing.T) {
	t.Parallel()
	healthy := yeastartest.Options{PBXs: 400, Faults: yeastartest.Faults{}, Tutorials: true, MaxPageSize: 100, OldOrders: 60}
	for args, change := range map[string]func(o *yeastartest.Options){
		"":                         func(*yeastartest.Options) {},
		"--faults bomb_after:0.5":  func(o *yeastartest.Options) { o.Faults = yeastartest.Faults{yeastartest.BombAfter: 0.5} },
		"--seed 9 --pbxs 7":        func(o *yeastartest.Options) { o.Seed, o.PBXs = 9, 7 },
		"--latency 3ms":            func(o *yeastartest.Options) { o.Latency = 3 * time.Millisecond },
		"--late-by 4s":             func(o *yeastartest.Options) { o.LateBy = 4 * time.Second },
		"--clock-offset -90s":      func(o *yeastartest.Options) { o.ClockOffset = -90 * time.Second },
		"--echo details":           func(o *yeastartest.Options) { o.Echo = yeastartest.EchoDetails },
		"--echo none":              func(o *yeastartest.Options) { o.Echo = yeastartest.EchoNone },
		"--echo-form capitals":     func(o *yeastartest.Options) { o.EchoForm = yeastartest.EchoCapitals },
		"--echo-form remark":       func(o *yeastartest.Options) { o.EchoForm = yeastartest.EchoRemark },
		"--echo-cut 20":            func(o *yeastartest.Options) { o.EchoCut = 20 },
		"--field-names other":      func(o *yeastartest.Options) { o.FieldNames = yeastartest.NamesOther },
		"--field-names reference":  func(o *yeastartest.Options) { o.FieldNames = yeastartest.NamesReference },
		"--field-names foreign":    func(o *yeastartest.Options) { o.FieldNames = yeastartest.NamesForeign },
		"--list-order oldest":      func(o *yeastartest.Options) { o.ListOrder = yeastartest.OldestFirst },
		"--list-lag 1m":            func(o *yeastartest.Options) { o.ListLag = time.Minute },
		"--max-page-size 25":       func(o *yeastartest.Options) { o.MaxPageSize = 25 },
		"--old-orders 3000":        func(o *yeastartest.Options) { o.OldOrders = 3000 },
		"--row-product-no":         func(o *yeastartest.Options) { o.RowProductNo = true },
		"--list-twice 0.1":         func(o *yeastartest.Options) { o.ListTwice = 0.1 },
		"--page-shift 0.2":         func(o *yeastartest.Options) { o.PageShift = 0.2 },
		"--strangers 0.3":          func(o *yeastartest.Options) { o.Strangers = 0.3 },
		"--strangers 0 --echo-cut": nil,
	} {
		got, err := simOptions(strings.Fields(args)...)
		if change == nil {
			if err == nil {
				t.Errorf("%q: taken", args)
			}
			continue
		}
		want := healthy
		change(&want)
		if diff := cmp.Diff(want, got, cmpopts.IgnoreUnexported(yeastartest.Options{})); diff != "" || err != nil {
			t.Errorf("%q: %v %s", args, err, diff)
		}
	}
}

func TestTheSimulatorNamesTheFlagThatIsWrong(t *testing.T) {
	t.Parallel()
	for args, want := range map[string]string{
		"--strangers 1.5":       "--strangers 1.5: want a share",
		"--page-shift -1":       "--page-shift -1",
		"--list-twice NaN":      "--list-twice NaN",
		"--echo-cut -1":         "--echo-cut -1: want 0 to",
		"--echo-form capitols":  "did you mean capitals?",
		"--field-names klingon": "--field-names",
		"--list-order random":   "--list-order",
		"--late-by -1s":         "--late-by -1s",
		"--max-page-size -1":    "--max-page-size",
		"--old-orders -2":       "--old-orders",
	} {
		if _, err := simOptions(strings.Fields(args)...); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %q", args, err, want)
		}
	}
}

func TestTheSimulatorGoesOnFromItsJournal(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	path := filepath.Join(t.TempDir(), "portal.ndjson")
	args := []string{"sim", "--listen", "127.0.0.1:0", "--pbxs", "3", "--journal", path}
	listed := func() string {
		sim := d.start(args...)
		for _, name := range []string{"YEASTAR_BASE_URL", "YEASTAR_CLIENT_ID", "YEASTAR_CLIENT_SECRET"} {
			d.set(name, sim.out.await(t, "export "+name+"=(.+)\n"))
		}
		out := d.must(exitDone, "catalog", "orders", "--limit", "0", "--json").out
		if code := sim.end(); code != exitDone {
			t.Errorf("interrupted: exit %d: %s", code, sim.err.text())
		}
		return out
	}
	first := listed()
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(f, `{"order":{"id":"3999999999999999999","orderNo":"EK3999999999999999998","transactionNo":"ER3999999999999999997","productNo":%q,"status":"succeed","at":"2099-01-01T00:00:00Z"}}`+"\n",
		yeastartest.TutorialExpandPBX)
	f.Close()
	second := listed()
	newest, rest, _ := strings.Cut(second, "\n")
	if !strings.Contains(newest, "EK3999999999999999998") || rest != first || strings.Count(first, "\n") != 60 {
		t.Errorf("first:\n%s\nthen:\n%s", first, second)
	}
	says(t, d.must(exitUsage, "sim", "--listen", "127.0.0.1:0", "--journal", path).err, "--journal "+path, "PBXs 3", "start with the same")
	says(t, d.must(exitFailed, "sim", "--listen", "127.0.0.1:0", "--journal", t.TempDir()).err, "--journal")
}

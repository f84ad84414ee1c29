package cli

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/spf13/pflag"

	"orderq/yeastar/yeastartest"
)

// simFlags are the simulator's options. A word that is "" is the first of its list.
type simFlags struct {
	faults  string
	seed    int64
	pbxs    int
	delay   time.Duration
	lateBy  time.Duration
	offset  time.Duration
	journal string

	echo, echoForm, names string
	echoCut               int

	order      string
	lag        time.Duration
	pageSize   int // 0: 100
	oldOrders  int // 0: 60, negative: none
	rowProduct bool
	listTwice  float64
	pageShift  float64
	strangers  float64
}

// The words of a list stand in the order of the constants of yeastartest.
var (
	echoWords  = []string{"both", "details", "none"}
	formWords  = []string{"sent", "capitals", "remark"}
	nameWords  = []string{"usual", "other", "reference", "foreign"}
	orderWords = []string{"newest", "oldest"}
)

func (f *simFlags) register(set *pflag.FlagSet) {
	set.StringVar(&f.faults, "faults", "", "`name:probability,…` of faults per order: "+faultNames())
	set.Int64Var(&f.seed, "seed", 0, "same number: same PBXs, same faults, same strangers")
	set.IntVar(&f.pbxs, "pbxs", 400, "how many PBXs")
	set.DurationVar(&f.delay, "latency", 0, "added to every call")
	set.DurationVar(&f.lateBy, "late-by", 0, "late_commit orders only this long after its client is gone")
	set.DurationVar(&f.offset, "clock-offset", 0, "of the portal's clock, ahead of this machine's; negative: behind")
	set.StringVar(&f.journal, "journal", "", "`file` for requests and orders; it goes on from what is in it")
	set.StringVar(&f.echo, "echo", "both", "where poNumber is shown again: both (list and details), details, none")
	set.StringVar(&f.echoForm, "echo-form", "sent", "how it is shown: as sent, in capitals, within a remark: sent, capitals, remark")
	set.IntVar(&f.echoCut, "echo-cut", 0, "only so many characters of it are shown; 0: all")
	set.StringVar(&f.names, "field-names", "usual", "of the list and details: usual, other (which orderq knows), reference (poNumber as customReferenceNo), foreign (which it does not know)")
	set.StringVar(&f.order, "list-order", "newest", "which end of the list is first: newest, oldest")
	set.DurationVar(&f.lag, "list-lag", 0, "an order is in the list only after this")
	set.IntVar(&f.pageSize, "max-page-size", 100, "larger pages are cut to this")
	set.IntVar(&f.oldOrders, "old-orders", 60, "other people's orders in the list from the start; negative: none")
	set.BoolVar(&f.rowProduct, "row-product-no", false, "list rows show the PBX's serial number too")
	set.Float64Var(&f.listTwice, "list-twice", 0, "`share` of orders, 0 to 1, that are two rows of the list")
	set.Float64Var(&f.pageShift, "page-shift", 0, "`share` of page turns, 0 to 1, at which somebody orders for another PBX")
	set.Float64Var(&f.strangers, "strangers", 0, "`share` of orders, 0 to 1, beside which somebody orders by hand for the same PBX")
}

// options reads the flags.
func (f simFlags) options() (yeastartest.Options, error) {
	none := yeastartest.Options{}
	faults, err := yeastartest.ParseFaults(f.faults)
	if err != nil {
		return none, fmt.Errorf("--faults: %w", err)
	}
	var at [4]int
	for i, w := range [...]struct {
		flag, word string
		words      []string
	}{{"--echo", f.echo, echoWords}, {"--echo-form", f.echoForm, formWords}, {"--field-names", f.names, nameWords}, {"--list-order", f.order, orderWords}} {
		if at[i] = slices.Index(w.words, either(w.word, w.words[0])); at[i] < 0 {
			return none, unknownWord(w.flag, w.word, w.words)
		}
	}
	for _, d := range [...]struct {
		flag string
		d    time.Duration
	}{{"--latency", f.delay}, {"--list-lag", f.lag}, {"--late-by", f.lateBy}} {
		if d.d < 0 {
			return none, fmt.Errorf("%s %v: want no negative time", d.flag, d.d)
		}
	}
	for _, share := range [...]struct {
		flag string
		p    float64
	}{{"--list-twice", f.listTwice}, {"--page-shift", f.pageShift}, {"--strangers", f.strangers}} {
		if !(share.p >= 0 && share.p <= 1) { // so written, NaN fails too
			return none, fmt.Errorf("%s %v: want a share from 0 to 1", share.flag, share.p)
		}
	}
	for _, n := range [...]struct {
		flag        string
		n, from, to int
	}{{"--pbxs", f.pbxs, 2, 100_000}, {"--max-page-size", f.pageSize, 0, 1000}, {"--old-orders", f.oldOrders, -1, 1_000_000}, {"--echo-cut", f.echoCut, 0, math.MaxInt32}} {
		if n.n < n.from || n.n > n.to {
			return none, fmt.Errorf("%s %d: want %d to %d", n.flag, n.n, n.from, n.to)
		}
	}
	return yeastartest.Options{
		Seed: f.seed, PBXs: f.pbxs, Faults: faults, Latency: f.delay, LateBy: f.lateBy, ClockOffset: f.offset, Tutorials: true,
		Echo: yeastartest.EchoMode(at[0]), EchoForm: yeastartest.EchoForm(at[1]), EchoCut: f.echoCut,
		FieldNames: yeastartest.FieldNames(at[2]), ListOrder: yeastartest.ListOrder(at[3]), ListLag: f.lag,
		MaxPageSize: f.pageSize, OldOrders: f.oldOrders, RowProductNo: f.rowProduct, ListTwice: f.listTwice, PageShift: f.pageShift, Strangers: f.strangers,
	}, nil
}

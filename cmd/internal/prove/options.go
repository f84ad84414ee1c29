package prove

import (
	"errors"
	"fmt"
	"io"
	"time"

	"orderq/yeastar/yeastartest"
)

// Options are a run's.
type Options struct {
	Orders   int           // how many, 20 to 1,000,000
	Duration time.Duration // how long they and the faults are spread over; 0: as long as Orders take at Rate
	PBXs     int           // of the portal, 20 to 20,000
	Workers  int           // processes, 1 to 8; every third has a journal folder, and so a host, of its own
	Seed     int64         // decides orders, portal and schedule; any value
	Echo     string        // where the portal shows poNumber: both, details, none
	Names    string        // how the portal's list calls things: usual, other, reference, foreign
	ListLag  time.Duration // an order is in the portal's list only after this
	Hostile  bool          // strangers' orders, pages that shift, clocks that differ
	Faults   float64       // share of create-order calls that the portal spoils, 0 to 0.5
	Calm     bool          // no attacks: only the portal's own faults
	Forget   int           // how often Redis is restored, flushed and cut short, each; negative: by Orders
	Batches  int           // files by which every fifth order comes; negative: by Orders
	Person   bool          // somebody decides about orders in review, by what they see at the portal
	Sleepers int           // how often a worker sleeps through every horizon; negative: by Orders

	Dir      string    // where everything is kept; "": a folder that is removed when the verdict is clean
	Exe      string    // this program
	Progress io.Writer // told now and then; nil: nobody
	Now      func() time.Time
}

// Rate is how many orders a second are placed. Two cores do many times that; the attacks need the rest.
const Rate = 25

// Defaults are what the command does unless told otherwise.
func Defaults() Options {
	return Options{Orders: 1000, PBXs: 200, Workers: 3, Seed: 1, Echo: "both", Names: "usual", Faults: 0.15, Forget: -1, Batches: -1, Sleepers: -1}
}

// Validate names the flag, the value and the way out.
func (o Options) Validate() error {
	var errs []error
	for _, n := range []struct {
		flag             string
		have, least, max int
	}{
		{"--orders", o.Orders, 20, 1_000_000}, {"--pbxs", o.PBXs, 20, 20_000}, {"--workers", o.Workers, 1, 8},
	} {
		if n.have < n.least || n.have > n.max {
			errs = append(errs, fmt.Errorf("%s %d: give a number from %d to %d", n.flag, n.have, n.least, n.max))
		}
	}
	if !(o.Faults >= 0 && o.Faults <= 0.5) {
		errs = append(errs, fmt.Errorf("--faults %v: give a share from 0 to 0.5", o.Faults))
	}
	if o.Duration < 0 || o.ListLag < 0 {
		errs = append(errs, fmt.Errorf("--duration %v, --list-lag %v: give no negative times", o.Duration, o.ListLag))
	}
	switch o.Echo {
	case "both", "details", "none":
	default:
		errs = append(errs, fmt.Errorf("--echo %q: give both, details or none", o.Echo))
	}
	if _, ok := names[o.Names]; !ok {
		errs = append(errs, fmt.Errorf("--field-names %q: give usual, other, reference or foreign", o.Names))
	}
	return errors.Join(errs...)
}

// names are the portal's dialects.
var names = map[string]yeastartest.FieldNames{
	"usual": yeastartest.NamesUsual, "other": yeastartest.NamesOther, "reference": yeastartest.NamesReference, "foreign": yeastartest.NamesForeign,
}

// length is how long the orders are spread over.
func (o Options) length() time.Duration {
	if o.Duration > 0 {
		return o.Duration
	}
	return max(time.Duration(o.Orders)*time.Second/Rate, 8*time.Second)
}

// files is how many there are.
func (o Options) files() int {
	if o.Batches < 0 {
		return max(2, o.Orders/500)
	}
	return o.Batches
}

// by scales a number given for 10,000 orders.
func (o Options) by(perTenThousand int) int {
	return max(1, (perTenThousand*o.Orders+9999)/10_000)
}

// again is the command line that repeats the run.
func (o Options) again() string {
	s := fmt.Sprintf("orderq prove --orders %d --pbxs %d --workers %d --seed %d --echo %s --faults %v", o.Orders, o.PBXs, o.Workers, o.Seed, o.Echo, o.Faults)
	if o.Duration > 0 {
		s += " --duration " + o.Duration.String()
	}
	if o.Names != "usual" {
		s += " --field-names " + o.Names
	}
	if o.ListLag > 0 {
		s += " --list-lag " + o.ListLag.String()
	}
	if o.Hostile {
		s += " --hostile"
	}
	if o.Calm {
		s += " --calm"
	}
	if o.Forget >= 0 {
		s += fmt.Sprintf(" --forget %d", o.Forget)
	}
	if o.Batches >= 0 {
		s += fmt.Sprintf(" --batches %d", o.Batches)
	}
	if o.Person {
		s += " --person"
	}
	if o.Sleepers >= 0 {
		s += fmt.Sprintf(" --sleepers %d", o.Sleepers)
	}
	return s
}

package yeastartest

import (
	"fmt"
	"io"
	"time"
)

// Shows says where a PBX's plan, billing cycle and extensions can be read.
type Shows int

const (
	ShowsBoth    Shows = iota // in the product list's rows and in product details
	ShowsDetails              // in product details only
	ShowsNone                 // nowhere
)

// ListOrder is the order of the rows of Query Order List, which the portal's pages do not tell.
type ListOrder int

const (
	NewestFirst ListOrder = iota
	OldestFirst
	NewestAmid // the oldest at both ends: as where it is sorted by something else than age
)

// Options describe a portal. The zero value is a healthy one with 400 PBXs.
type Options struct {
	Seed           int64         // same seed: same catalog, same fate of each request; any value, 0 included
	PBXs           int           // how many PBXs, the tutorials' two first; 0: 400
	BasePath       string        // in front of every path, "" or like "/portal"
	ClientID       string        // the credentials it knows; "": "sim-client"
	ClientSecret   string        // "": "sim-secret"
	TokenLife      time.Duration // life of an access token; 0: 30m, as the portal's pages say
	SingleContact  bool          // one billing contact instead of two
	Echo           EchoMode      // where poNumber is shown
	EchoForm       EchoForm      // what it looks like there
	EchoCut        int           // only so many characters of it are shown; 0: all. An attempt's reference has 28, its id 26
	FieldNames     FieldNames    // what list rows and details call what the portal's pages do not name
	RowProductNo   bool          // list rows show the productNo too
	Capacity       Shows         // where plan, cycle and extensions are shown
	ListLag        time.Duration // an order is in the list only when this has passed since its commit, by Now
	ListOrder      ListOrder     // of the order list
	ListTwice      float64       // this share of the orders, by seed, is two rows of the list, and two of its total
	PageShift      float64       // before this share of the list's calls for a page but the first somebody orders for another PBX; 0 to 1
	Strangers      float64       // beside this share of the create-order calls somebody orders by hand for the same PBX and service; 0 to 1
	OldOrders      int           // other people's orders that are in the list from the start; 0: 60, negative: none
	MaxPageSize    int           // a larger pageSize is cut to this; 0: 100
	Latency        time.Duration // added to every call
	RetryAfter     time.Duration // what a 429 asks for, in whole seconds, rounded up; 0: 1s
	DripEvery      time.Duration // between two bytes of DripAfter; 0: 1s
	LateBy         time.Duration // LateCommit commits this long after its client is gone
	Tutorials      bool          // the first order equal to a tutorial's gets the numbers of its sample answer
	Faults         Faults        // by probability; ParseFaults reads them from text
	ClockOffset    time.Duration // of the portal's clock (createTime, Date) ahead of Now; negative: behind
	Now            func() time.Time
	Extensions     func(productNo string, seeded int) int // extensions of a PBX at the start; nil: as seeded, 5 to 400
	Journal        io.Writer                              // each request and order as a line, before its answer; synced where it has Sync() error (a file); nil: none
	maxKeptBodies  int
	bigAnswerBytes int
}

// withDefaults returns a copy in which every field has its value.
func (o Options) withDefaults() Options {
	setInt(&o.PBXs, 400)
	setInt(&o.OldOrders, 60)
	setInt(&o.MaxPageSize, 100)
	setInt(&o.maxKeptBodies, 10_000)
	setInt(&o.bigAnswerBytes, 64<<20) // far beyond what a client may be willing to read
	set(&o.ClientID, "sim-client")
	set(&o.ClientSecret, "sim-secret")
	setInt(&o.TokenLife, 30*time.Minute)
	setInt(&o.RetryAfter, time.Second)
	setInt(&o.DripEvery, time.Second)
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Extensions == nil {
		o.Extensions = func(_ string, seeded int) int { return seeded }
	}
	return o
}

// validate names what cannot be; a wrong option is a mistake in a test, so New panics with it.
func (o Options) validate() error {
	if o.PBXs < len(tutorialPBXs) {
		return fmt.Errorf("yeastartest: PBXs %d: at least %d, the tutorials' own", o.PBXs, len(tutorialPBXs))
	}
	if o.BasePath != "" && (o.BasePath[0] != '/' || o.BasePath[len(o.BasePath)-1] == '/') {
		return fmt.Errorf("yeastartest: BasePath %q: begin with a slash and end without one", o.BasePath)
	}
	for _, share := range [...]struct {
		name string
		p    float64
	}{{"ListTwice", o.ListTwice}, {"PageShift", o.PageShift}, {"Strangers", o.Strangers}} {
		if !(share.p >= 0 && share.p <= 1) { // so written, NaN fails too
			return fmt.Errorf("yeastartest: %s %v: a share from 0 to 1", share.name, share.p)
		}
	}
	switch {
	case o.EchoCut < 0:
		return fmt.Errorf("yeastartest: EchoCut %d: a number of characters, or 0 for all", o.EchoCut)
	case o.FieldNames < 0 || o.FieldNames >= namesEnd:
		return fmt.Errorf("yeastartest: FieldNames %d: there are %d", o.FieldNames, namesEnd)
	}
	return o.Faults.validate()
}

func set(s *string, fallback string) {
	if *s == "" {
		*s = fallback
	}
}

func setInt[T ~int | ~int64](n *T, fallback T) {
	if *n == 0 {
		*n = fallback
	}
}

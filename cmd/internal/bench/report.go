package bench

import (
	"runtime"
	"slices"
	"time"
)

// Report is what was measured, and under what circumstances.
type Report struct {
	Orders      int    `json:"orders"`
	Rounds      int    `json:"rounds"`
	Concurrency int    `json:"concurrency"`
	Servers     int    `json:"servers"`
	Redis       string `json:"redis"`
	Version     string `json:"redisVersion,omitempty"`
	Go          string `json:"go"`
	Cores       int    `json:"cores"`
	Rows        []Rows `json:"rows"`
}

// Rows are the runs at one latency, in the order in which they were made.
type Rows struct {
	Latency time.Duration `json:"latencyNs"`
	Runs    []Run         `json:"runs"`
}

func newReport(o Options, s *server) Report {
	return Report{
		Orders: o.Orders, Rounds: o.Rounds, Concurrency: o.Concurrency, Servers: o.Servers,
		Redis: s.what, Version: s.version, Go: runtime.Version(), Cores: runtime.GOMAXPROCS(0),
	}
}

// Sides are the names of the sides that were measured, each once, in their order.
func (rows Rows) Sides() []string {
	var names []string
	for _, run := range rows.Runs {
		if !slices.Contains(names, run.Side) {
			names = append(names, run.Side)
		}
	}
	return names
}

// Of gives the runs of one side.
func (rows Rows) Of(side string) []Run {
	var runs []Run
	for _, run := range rows.Runs {
		if run.Side == side {
			runs = append(runs, run)
		}
	}
	return runs
}

// Median is the middle of one number over a side's runs; 0 where there are none.
func (rows Rows) Median(side string, of func(Run) float64) float64 {
	return spread(numbers(rows.Of(side), of)).Median
}

// Ratio is one side's rate over another's, taken round by round.
func (rows Rows) Ratio(side, over string, of func(Run) float64) Spread {
	a, b := numbers(rows.Of(side), of), numbers(rows.Of(over), of)
	var ratios []float64
	for i := range min(len(a), len(b)) {
		if b[i] > 0 {
			ratios = append(ratios, a[i]/b[i])
		}
	}
	return spread(ratios)
}

// Spread is the middle of some numbers, the smallest and the largest.
type Spread struct {
	Median float64 `json:"median"`
	Min    float64 `json:"min"`
	Max    float64 `json:"max"`
}

func spread(numbers []float64) Spread {
	if len(numbers) == 0 {
		return Spread{}
	}
	s := slices.Sorted(slices.Values(numbers))
	middle := s[len(s)/2]
	if len(s)%2 == 0 {
		middle = (s[len(s)/2-1] + middle) / 2
	}
	return Spread{Median: middle, Min: s[0], Max: s[len(s)-1]}
}

func numbers(runs []Run, of func(Run) float64) []float64 {
	out := make([]float64, len(runs))
	for i, r := range runs {
		out[i] = of(r)
	}
	return out
}

// WarmRate and WholeRate pick a run's rates, for Median and Ratio.
func WarmRate(r Run) float64  { return r.Rate }
func WholeRate(r Run) float64 { return r.WholeRate }

package bench

import (
	"fmt"
	"io"
	"time"
)

// aim is the part of a bare handler's rate that orderq wants to reach; 0 where none was set.
func aim(latency time.Duration) float64 {
	switch latency {
	case 0:
		return 0.80
	case 50 * time.Millisecond:
		return 0.98
	}
	return 0
}

// Write tells the report to people, within 80 columns.
func (r Report) Write(w io.Writer) {
	version := ""
	if r.Version != "" {
		version = " " + r.Version
	}
	fmt.Fprintf(w, "%d orders a run, %d rounds, %d in work at once, asynq servers: %d\n", r.Orders, r.Rounds, r.Concurrency, r.Servers)
	fmt.Fprintf(w, "%s%s; %s, %d cores\n", r.Redis, version, r.Go, r.Cores)
	for _, rows := range r.Rows {
		rows.write(w)
	}
	fmt.Fprint(w, `
orders/s: once a fifth is through; (start): from the worker's start, with cold
caches. Ratios are taken round by round: median (smallest-largest).
trips: round trips to Redis an order, the store's own and asynq's; commands:
those that Redis carried out, inside scripts too. kB: of Redis' memory when all
is done. Other figures are per order: fsyncs of the send journal, allocations,
processor time of the side's process, of Redis, and of the simulated portal.
0 where it cannot be asked.
`)
}

func (rows Rows) write(w io.Writer) {
	fmt.Fprintf(w, "\nportal latency %v\n", rows.Latency)
	fmt.Fprintf(w, "  %-7s %8s %8s  %-12s %8s  %-11s %6s %7s\n",
		"", "orders/s", "(start)", "trips", "commands", "kB", "fsyncs", "allocs")
	for _, s := range rows.Sides() {
		m := func(of func(Run) float64) float64 { return rows.Median(s, of) }
		fmt.Fprintf(w, "  %-7s %8.0f %8.0f  %5.2f + %4.2f %8.1f  %4.2f + %4.2f %6.2f %7.0f\n", s,
			m(WarmRate), m(WholeRate),
			m(func(r Run) float64 { return r.OwnTrips }), m(func(r Run) float64 { return r.QueueTrips }),
			m(func(r Run) float64 { return r.Commands }),
			m(func(r Run) float64 { return r.OwnBytes / 1000 }), m(func(r Run) float64 { return r.QueueBytes / 1000 }),
			m(func(r Run) float64 { return r.Syncs }), m(func(r Run) float64 { return r.Mallocs }))
	}
	fmt.Fprintf(w, "  %-7s %20s %20s %20s\n", "", "CPU µs, own process", "Redis", "portal")
	for _, s := range rows.Sides() {
		m := func(of func(Run) time.Duration) float64 {
			return rows.Median(s, func(r Run) float64 { return float64(of(r).Microseconds()) })
		}
		fmt.Fprintf(w, "  %-7s %20.0f %20.0f %20.0f\n", s,
			m(func(r Run) time.Duration { return r.CPU }), m(func(r Run) time.Duration { return r.RedisCPU }),
			m(func(r Run) time.Duration { return r.PortalCPU }))
	}
	for _, over := range []string{SideBare, SideKept} {
		warm, whole := rows.Ratio(SideOrderq, over, WarmRate), rows.Ratio(SideOrderq, over, WholeRate)
		wanted := ""
		if a := aim(rows.Latency); a > 0 && over == SideBare {
			wanted = fmt.Sprintf(", aim %.2f", a)
		}
		fmt.Fprintf(w, "  orderq / %s: %s%s; from the start %s\n", over, warm, wanted, whole)
	}
}

// String is "0.84 (0.80-0.86)".
func (s Spread) String() string { return fmt.Sprintf("%.2f (%.2f-%.2f)", s.Median, s.Min, s.Max) }

package prove

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"orderq/cmd/internal/oracle"
	"orderq/store/crash"
	"orderq/yeastar/yeastartest"
)

// Report is what came of a run.
type Report struct {
	Clean   bool   `json:"clean"` // 0 duplicates, 0 lost, none wrong, none left open, all reviews explained
	Seed    int64  `json:"seed"`
	Orders  int    `json:"orders"`
	PBXs    int    `json:"pbxs"`
	Workers int    `json:"workers"`
	Echo    string `json:"echo"`
	Hostile bool   `json:"hostile"`
	Names   string `json:"fieldNames"`
	Lag     string `json:"listLag"`

	Verdict oracle.Verdict `json:"verdict"`          // records against the portal's ledger; explained reviews taken out
	Review  []Reviewed     `json:"review,omitempty"` // left to a person, and rightly
	Behind  int            `json:"behind"`           // wait for the claim of one in review
	Wrong   []string       `json:"wrong,omitempty"`  // other things that must not be
	Broken  []string       `json:"broken,omitempty"` // workers that ended when nobody had killed them

	Kills       int                       `json:"kills"`   // SIGKILL from outside
	Crashes     map[crash.Point]int       `json:"crashes"` // by the worker's own hand, by point
	Attacks     map[Attack]int            `json:"attacks"`
	Faults      map[yeastartest.Fault]int `json:"faultsOnPlacedOrders"` // by kind, of answers to orders that the portal made
	Calls       map[string]int            `json:"calls"`                // of the portal, by kind
	RepliesLost int                       `json:"repliesLost"`          // between workers and Redis
	Most        int                       `json:"requestsPerAttempt"`   // the most that bore one reference
	Leaks       int                       `json:"leaks"`                // secrets found in what the run left; each is in wrong
	ByHand      int                       `json:"byHand"`               // strangers' orders at the portal
	Repeated    int                       `json:"placedAgain"`          // by the producer, because Redis had forgotten them unsent
	Recalled    int                       `json:"recalled"`             // attempts that Redis had forgotten and a journal had not
	Batches     int                       `json:"batches"`              // files applied, of every fifth order
	ApplyKilled int                       `json:"appliesKilled"`        // in the middle
	ApplyTwice  int                       `json:"appliedBeside"`        // begun while another apply of the same file ran
	Ensured     int                       `json:"ensured"`              // orders that brought their PBX to what they name
	Satisfied   int                       `json:"satisfied"`            // likewise that found it there
	Decided     int                       `json:"decided"`              // orders in review, by the run's person
	Resumed     int                       `json:"resumed"`              // halts after such, that a person ended

	Recovered  Spread  `json:"recovered"`  // seconds from a worker's death until its order moved again
	GateOpened Spread  `json:"gateOpened"` // seconds from Redis' start until the gate was open
	Seconds    float64 `json:"seconds"`

	Schedule []Event  `json:"-"`
	Stories  []string `json:"stories,omitempty"`
	Evidence string   `json:"evidence,omitempty"` // the folder, of a run that is not clean
	Again    string   `json:"again,omitempty"`    // the command that repeats it
}

// Reviewed is an order that is left to a person.
type Reviewed struct {
	Order    string `json:"order"`
	Attempts int    `json:"attempts"`
	AtPortal int    `json:"atPortal"` // orders that the portal has for it
	Reason   string `json:"reason"`
}

// keep writes schedule and report beside the logs.
func (rep Report) keep(dir string) error {
	b, err := json.MarshalIndent(rep, "", "  ")
	if err != nil {
		return err
	}
	var schedule strings.Builder
	for _, e := range rep.Schedule {
		schedule.WriteString(e.String() + "\n")
	}
	if err := os.WriteFile(filepath.Join(dir, "schedule.txt"), []byte(schedule.String()), 0o600); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "report.json"), append(b, '\n'), 0o600)
}

// Text is the report for people, 80 columns wide.
func (rep Report) Text() string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	v := rep.Verdict
	line("Attacks")
	for _, a := range slices.Sorted(maps.Keys(rep.Attacks)) {
		line("  %-28s %5d", string(a), rep.Attacks[a])
	}
	deaths := 0
	for _, p := range slices.Sorted(maps.Keys(rep.Crashes)) {
		deaths += rep.Crashes[p]
		line("  %-28s %5d", "died at "+string(p), rep.Crashes[p])
	}
	if len(rep.Faults) > 0 {
		line("\nPlaced orders whose answer the portal spoilt")
		var cells []string
		for _, f := range slices.Sorted(maps.Keys(rep.Faults)) {
			cells = append(cells, fmt.Sprintf("%s %d", f, rep.Faults[f]))
		}
		line("%s", wrapped(strings.Join(cells, ", "), "  ", 78))
	}
	line("\nRecovery, seconds                 n   median      p95      max")
	for _, s := range []struct {
		name string
		Spread
	}{{"order moves after its worker died", rep.Recovered}, {"gate open after Redis started", rep.GateOpened}} {
		line("  %-33s %4d %8.2f %8.2f %8.2f", s.name, s.N, s.Median, s.P95, s.Max)
	}
	line("\nVerdict: each record held against the portal's own ledger")
	for _, row := range [][4]any{
		{"orders accepted", v.Accepted, "duplicates", v.Count(oracle.Duplicate)},
		{"requests sent", v.Requests, "sent twice", v.Count(oracle.Repeated)},
		{"orders at the portal", v.Committed, "bought but denied", v.Count(oracle.Denied)},
		{"placed by the answer", v.Answered, "lost", v.Count(oracle.Lost)},
		{"adopted by reference", v.Adopted - v.ByMatch - v.ByJournal, "unexplained", v.Count(oracle.Unexplained)},
		{"adopted by match", v.ByMatch, "misread", v.Count(oracle.Misread)},
		{"told by a journal", v.ByJournal, "not final", v.Count(oracle.Open)},
		{"sent again", v.Again, "secrets leaked", rep.Leaks},
		{"rejected", v.Rejected, "other wrongs", len(rep.Wrong) + len(rep.Broken) - rep.Leaks},
		{"recalled from journals", rep.Recalled, "requests an attempt", rep.Most},
		{"in review, explained", len(rep.Review), "workers killed", rep.Kills + deaths},
		{"waiting behind those", rep.Behind, "halts resumed", rep.Resumed},
		{"others' orders, left alone", rep.ByHand, "replies of Redis lost", rep.RepliesLost},
		{"batches", rep.Batches, "applies killed", rep.ApplyKilled},
		{"cancelled", v.Cancelled, "decided by a person", rep.Decided},
		{"brought to a count", rep.Ensured, "found there already", rep.Satisfied},
	} {
		line("  %-27s%7d  %-20s%7d", row[0], row[1], row[2], row[3])
	}
	if len(rep.Review) > 0 {
		line("\nIn review, because nobody could know:")
		for _, g := range grouped(rep.Review) {
			line("%s", wrapped(g, "  ", 78))
		}
	}
	for _, w := range append(slices.Clone(rep.Wrong), rep.Broken...) {
		line("\nWRONG: %s", w)
	}
	for i, f := range v.Findings {
		if i == 10 {
			line("… and %d more", len(v.Findings)-i)
			break
		}
		line("\n%s: order %s: %s", strings.ToUpper(string(f.Wrong)), f.Order, f.Text)
		line("%s", rep.Stories[i])
	}
	if rep.Clean {
		line("\nCLEAN in %.0f s, seed %d: none was placed twice, none was lost, none is wrong.", rep.Seconds, rep.Seed)
	} else {
		line("\nNOT CLEAN, seed %d. The evidence is in %s\nRepeat it: %s", rep.Seed, rep.Evidence, rep.Again)
	}
	return b.String()
}

// grouped counts reviews by their reasons, numbers left out, the most frequent first.
func grouped(all []Reviewed) []string {
	counts := map[string]int{}
	for _, r := range all {
		at := "not at the portal"
		if r.AtPortal > 0 {
			at = "at the portal"
		}
		counts[at+": "+kind(r.Reason)]++
	}
	keys := slices.SortedFunc(maps.Keys(counts), func(a, b string) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(a, b))
	})
	for i, k := range keys {
		keys[i] = fmt.Sprintf("%d %s", counts[k], k)
	}
	return keys
}

// kind is a reason without the names and numbers of its order.
func kind(reason string) string {
	words := strings.Fields(reason)
	for i, w := range words {
		if strings.ContainsAny(w, "0123456789") {
			words[i] = "…"
		}
	}
	return strings.Join(words, " ")
}

// wrapped breaks a text into lines that begin with an indent.
func wrapped(text, indent string, width int) string {
	var b strings.Builder
	at := 0
	for _, w := range strings.Fields(text) {
		if at > 0 && at+1+len(w) > width {
			b.WriteByte('\n')
			at = 0
		}
		if at == 0 {
			b.WriteString(indent)
			at = len(indent)
		} else {
			b.WriteByte(' ')
			at++
		}
		b.WriteString(w)
		at += len(w)
	}
	return b.String()
}

package demo

import (
	"fmt"
	"strings"
	"text/tabwriter"

	"orderq/cmd/internal/oracle"
)

// Text is the report for people: 80 columns, nothing but letters and line breaks.
func (r Report) Text() string {
	var b strings.Builder
	b.WriteString("\nOutcomes\n")
	table(&b, func(row func(...any)) {
		row("kind", "accepted", "placed", "rejected", "review", "open")
		for _, o := range r.Outcomes {
			row(o.Kind, o.Accepted, o.Placed, o.Rejected, o.Review, o.Open)
		}
	})
	b.WriteString("\nNumbers recorded: the tutorials' two, and some others\n")
	table(&b, func(row func(...any)) {
		row("PBX", "bought", "orderNo", "transactionNo")
		for _, n := range r.Numbers {
			row(n.ProductNo, n.Bought, n.OrderNo, n.TransactionNo)
		}
	})
	b.WriteString("\nFaults survived\n")
	table(&b, func(row func(...any)) {
		row("fault", "what the portal did", "hit", "how the orders ended")
		for _, f := range r.Faults {
			row(f.Fault, f.Means, f.Struck, f.Ended())
		}
	})
	r.verdict(&b)
	return b.String()
}

func (r Report) verdict(b *strings.Builder) {
	v := r.Verdict
	calls := 0
	for _, n := range r.Calls {
		calls += n
	}
	b.WriteString("\nVerdict: each record held against the portal's own ledger\n")
	table(b, func(row func(...any)) {
		row("orders accepted", v.Accepted, "duplicates", v.Count(oracle.Duplicate))
		row("requests sent", v.Requests, "sent twice", v.Count(oracle.Repeated))
		row("orders at the portal", v.Committed, "bought but denied", v.Count(oracle.Denied))
		row("placed by the answer", v.Answered, "lost", v.Count(oracle.Lost))
		row("adopted by reference", v.Adopted, "unexplained", v.Count(oracle.Unexplained))
		row("sent again", v.Again, "misread", v.Count(oracle.Misread))
		row("rejected", v.Rejected, "in review", v.Review)
		row("others' orders, left alone", v.ByHand, "not final", v.Open)
		row("calls in all", calls, "time", fmt.Sprintf("%.1f s", r.Seconds))
	})
	b.WriteString("\n")
	if r.Clean {
		b.WriteString("CLEAN: every order accepted is final, none was placed twice, none was lost,\n" +
			"and the portal has exactly what is on record.\n")
	} else {
		b.WriteString("NOT CLEAN:\n")
		for _, text := range r.Amiss {
			item(b, text)
		}
		for n, f := range v.Findings {
			if n == maxFindings {
				item(b, fmt.Sprintf("and %d more", len(v.Findings)-n))
				break
			}
			item(b, fmt.Sprintf("%s %s: %s", f.Wrong, f.Order, f.Text))
		}
	}
	b.WriteString("\nWhat next\n" +
		"  orderq up --redis embedded:// --sim   the same, to play with\n" +
		"  orderq order place --help             one order; --dry-run sends nothing\n" +
		"  orderq doctor                         checks your credentials, by reads alone\n")
}

// maxFindings is how many are shown; --json has all.
const maxFindings = 20

func item(b *strings.Builder, text string) {
	for n, line := range wrap(text, width-4) {
		mark := "    "
		if n == 0 {
			mark = "  - "
		}
		b.WriteString(mark + line + "\n")
	}
}

// table aligns rows, without blanks at their ends.
func table(b *strings.Builder, fill func(row func(cells ...any))) {
	var aligned strings.Builder
	w := tabwriter.NewWriter(&aligned, 0, 0, 2, ' ', 0)
	fill(func(cells ...any) {
		for _, c := range cells {
			fmt.Fprintf(w, "%v\t", c)
		}
		fmt.Fprintln(w)
	})
	_ = w.Flush() // into memory
	for line := range strings.Lines(aligned.String()) {
		b.WriteString("  " + strings.TrimRight(line, " \n") + "\n")
	}
}

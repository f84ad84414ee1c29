package yeastartest

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"
)

// Past is what a journal tells of a portal that has ended. The zero value is that of a new one.
type Past struct {
	clock  time.Time  // the portal's, when it began
	start  *beginning // of the first
	starts int        // how often it was begun
	ledger Ledger
	bodies [][]byte
}

// OpenJournal opens a journal file, or makes an empty one, and reads what is in it. A last line that broke
// off, as a killed process leaves it, is cut away. The file is for Options.Journal, the past for Resume; the
// caller closes the file.
func OpenJournal(path string) (*os.File, Past, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, Past{}, fmt.Errorf("open journal: %w", err)
	}
	p, whole, err := readPast(f)
	if err == nil {
		err = f.Truncate(whole)
	}
	if err == nil {
		_, err = f.Seek(whole, io.SeekStart)
	}
	if err != nil {
		f.Close()
		return nil, Past{}, fmt.Errorf("journal %s: %w", path, err)
	}
	return f, p, nil
}

// ReadJournal makes a ledger of a journal, also while it is being written: Orders with their status, Requests,
// Partial, and of Calls and CallsWhileDown those that create orders. A last line that broke off is passed over.
func ReadJournal(r io.Reader) (Ledger, error) {
	p, _, err := readPast(r)
	return p.ledger, err
}

// readPast also says how many bytes are whole lines.
func readPast(r io.Reader) (p Past, whole int64, err error) {
	p.ledger = Ledger{Orders: []LedgerOrder{}, Calls: map[string]int{}, CallsWhileDown: map[string]int{}, Requests: map[string]int{}}
	statuses := map[string]string{} // an order's line may stand after that of its next status: both are written outside of the mutex
	lines := bufio.NewReader(r)
	for n := 1; ; n++ {
		text, err := lines.ReadBytes('\n')
		if err == io.EOF {
			break
		}
		if err != nil {
			return p, whole, fmt.Errorf("read journal, line %d: %w", n, err)
		}
		var line journalLine
		if err := json.Unmarshal(text, &line); err != nil {
			return p, whole, fmt.Errorf("read journal, line %d: %w", n, err)
		}
		whole += int64(len(text))
		p.take(line, statuses)
	}
	// The lines of two orders stand as their writers came, and so do not say which was committed first; ids do.
	slices.SortStableFunc(p.ledger.Orders, func(a, b LedgerOrder) int { return strings.Compare(a.ID, b.ID) })
	for i := range p.ledger.Orders {
		if status := statuses[p.ledger.Orders[i].OrderNo]; status != "" {
			p.ledger.Orders[i].Status = status
		}
	}
	return p, whole, nil
}

func (p *Past) take(line journalLine, statuses map[string]string) {
	l := &p.ledger
	switch {
	case line.Start != nil:
		p.starts++
		if p.start == nil {
			p.clock, p.start = line.At, line.Start
		}
		return
	case line.Order != nil:
		l.Orders = append(l.Orders, *line.Order)
		return
	case line.Status != "":
		statuses[line.OrderNo] = line.Status
		return
	case line.Request != nil:
		l.Requests[line.PO]++
		p.bodies = append(p.bodies, []byte(*line.Request))
	case line.Partial:
		l.Partial++
	default:
		return // nothing that this version knows
	}
	l.Calls[CallCreate]++
	if line.Down {
		l.CallsWhileDown[CallCreate]++
	}
}

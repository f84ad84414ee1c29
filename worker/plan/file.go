package plan

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"time"

	"orderq/store"
	"orderq/tasks"
	"orderq/tasks/sheet"
	"orderq/worker/resolve"
)

// version is of the file's layout.
const version = 1

// Head is a plan's first line.
type Head struct {
	Orderq  string       `json:"orderq"` // "plan"
	Version int          `json:"version"`
	Name    string       `json:"name"` // the batch's
	Account string       `json:"account"`
	Portal  string       `json:"portal"` // its base URL: what was resolved there holds nowhere else
	Format  sheet.Format `json:"format"` // of the file that was planned
	Columns []string     `json:"columns"`
	At      time.Time    `json:"at"`
}

// line is a row as the plan's file has it.
type line struct {
	Row
	Intent json.RawMessage `json:"intent,omitempty"`
}

// tail is the last line.
type tail struct {
	Summary Summary `json:"summary"`
	Hash    string  `json:"hash"` // SHA-256, hex, of all lines before
}

// Writer writes a plan.
type Writer struct {
	w    *bufio.Writer
	hash hash.Hash
}

// NewWriter writes the first line.
func NewWriter(w io.Writer, h Head) (*Writer, error) {
	out := &Writer{hash: sha256.New()}
	out.w = bufio.NewWriter(io.MultiWriter(w, out.hash))
	h.Orderq, h.Version = "plan", version
	return out, out.put(h)
}

func (w *Writer) put(v any) error {
	enc := json.NewEncoder(w.w)
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}

// Write adds a row.
func (w *Writer) Write(r Row) error {
	l := line{Row: r}
	if r.State != Invalid {
		l.Intent = r.intent.Canonical()
	}
	return w.put(l)
}

// Close ends the plan, and gives its hash.
func (w *Writer) Close(s Summary) (string, error) {
	if err := w.w.Flush(); err != nil {
		return "", err
	}
	s.Hash = ""
	sum := hex.EncodeToString(w.hash.Sum(nil))
	if err := w.put(tail{s, sum}); err != nil {
		return "", err
	}
	return sum, w.w.Flush()
}

// ErrNoPlan: the file does not begin as a plan does.
var ErrNoPlan = errors.New("this is no plan")

// maxLine is the longest line of a plan: a row of 64 KiB as cells and as an intent, with what came of it.
const maxLine = 512 << 10

// ReadHead reads a file's first line. ErrNoPlan where it is none of a plan.
func ReadHead(r *bufio.Reader) (h Head, err error) {
	first, err := r.Peek(len(`{"orderq":"plan"`))
	if err != nil && !errors.Is(err, io.EOF) {
		return h, err
	}
	if string(first) != `{"orderq":"plan"` {
		return h, ErrNoPlan
	}
	text, err := readLine(r)
	if err == nil {
		err = json.Unmarshal(text, &h)
	}
	if err == nil && h.Version != version {
		err = fmt.Errorf("it is of version %d, this program reads %d: plan the file anew", h.Version, version)
	}
	if err != nil {
		return h, fmt.Errorf("read the plan's first line: %w", err)
	}
	return h, nil
}

func readLine(r *bufio.Reader) ([]byte, error) {
	var text []byte
	for {
		part, err := r.ReadSlice('\n')
		if text = append(text, part...); len(text) > maxLine {
			return nil, fmt.Errorf("a line is longer than %d bytes", maxLine)
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return text, err
		}
	}
}

// Verify reads a plan to its end and gives what it says of itself. An error says that it was changed, or cut off: then
// nothing of it may be applied.
func Verify(r io.Reader) (Head, Summary, error) {
	return Each(r, func(Row) error { return nil })
}

// Each is Verify, and calls do with each row on the way: what it was called with is a plan only if there is no error in
// the end. An error of do ends it.
func Each(r io.Reader, do func(Row) error) (Head, Summary, error) {
	in := bufio.NewReader(r)
	sum := sha256.New()
	first, err := in.Peek(16)
	if err != nil || !bytes.HasPrefix(first, []byte(`{"orderq":"plan"`)) {
		return Head{}, Summary{}, ErrNoPlan
	}
	var h Head
	for n := 1; ; n++ {
		text, err := readLine(in)
		if err != nil {
			if errors.Is(err, io.EOF) {
				err = errors.New("it has no end: it was cut off")
			}
			return h, Summary{}, fmt.Errorf("read the plan, line %d: %w; plan the file anew", n, err)
		}
		if n == 1 {
			if h, err = ReadHead(bufio.NewReader(bytes.NewReader(text))); err != nil {
				return h, Summary{}, err
			}
		}
		if bytes.HasPrefix(text, []byte(`{"summary":`)) {
			var t tail
			if err := json.Unmarshal(text, &t); err != nil {
				return h, Summary{}, fmt.Errorf("read the plan, line %d: %w; plan the file anew", n, err)
			}
			if have := hex.EncodeToString(sum.Sum(nil)); have != t.Hash {
				return h, Summary{}, fmt.Errorf("the plan was changed since it was made (its hash is %.12s…, it says %.12s…): plan the file anew", have, t.Hash)
			}
			t.Summary.Hash = t.Hash
			return h, t.Summary, nil
		}
		sum.Write(text)
		if n == 1 {
			continue
		}
		var row Row
		if err := json.Unmarshal(text, &row); err != nil {
			return h, Summary{}, fmt.Errorf("read the plan, line %d: %w; plan the file anew", n, err)
		}
		if err := do(row); err != nil {
			return h, Summary{}, err
		}
	}
}

// Reader gives the rows of a plan as a file's, each held against the world as it is now. It is an intake.Rows.
type Reader struct {
	ctx      context.Context
	in       *bufio.Reader
	head     Head
	hash     string
	resolver *resolve.Resolver
	store    *store.Store
	ahead    []planned
	end      error // what comes behind them; nil: more
}

// planned is a row on its way out.
type planned struct {
	line
	intent tasks.Intent
	order  bool // it is an order already
}

// NewReader reads a plan that Verify has found whole. ctx bounds the reads at the portal.
func NewReader(ctx context.Context, r io.Reader, hash string, resolver *resolve.Resolver, st *store.Store) (*Reader, error) {
	out := &Reader{ctx: ctx, in: bufio.NewReader(r), hash: hash, resolver: resolver, store: st}
	var err error
	out.head, err = ReadHead(out.in)
	return out, err
}

// Format is that of the file that was planned.
func (r *Reader) Format() sheet.Format { return r.head.Format }

// Columns are the header's of that file.
func (r *Reader) Columns() []string { return r.head.Columns }

// Sum is the plan's hash.
func (r *Reader) Sum() string { return r.hash }

// Next gives the next row; io.EOF behind the last. A row whose order is there is that order, whatever has changed since:
// a plan may be applied again, and may go on where it was cut off.
func (r *Reader) Next() (sheet.Row, error) {
	if len(r.ahead) == 0 {
		if err := r.read(); err != nil {
			return sheet.Row{}, err
		}
	}
	l := r.ahead[0]
	r.ahead = r.ahead[1:]
	row := sheet.Row{N: l.N, Line: l.Line, Cells: l.Cells, Intent: l.intent}
	var err error
	switch {
	case l.order:
	case l.State == New:
		if row.Planned, err = json.Marshal(l.Row.Order); err == nil {
			row.Invalid, err = r.held(row.Intent, *l.Row.Order)
		}
	case l.State == Satisfied:
		row.Invalid, err = r.still(row.Intent)
	case l.State == Ordered:
	default:
		row.Invalid = fmt.Errorf("not in the plan, %s: %s", l.State, l.Reason)
	}
	return row, err
}

// read reads some rows, and which of them are orders; where there is none any more, the error says why.
func (r *Reader) read() error {
	var ids []string
	for r.ahead = r.ahead[:0]; r.end == nil && len(r.ahead) < chunk; {
		l, err := r.line()
		if r.end = err; err != nil {
			break
		}
		r.ahead = append(r.ahead, l)
		if l.intent.Reference != "" {
			ids = append(ids, l.intent.ID())
		}
	}
	if len(r.ahead) == 0 {
		return r.end
	}
	there, err := r.store.GetMany(r.ctx, ids)
	if err != nil {
		return err
	}
	fingerprints := map[string]string{}
	for _, o := range there {
		fingerprints[o.ID] = o.Fingerprint
	}
	for i, l := range r.ahead {
		r.ahead[i].order = l.intent.Reference != "" && fingerprints[l.intent.ID()] == l.intent.Fingerprint()
	}
	return nil
}

// line reads a row as it was planned.
func (r *Reader) line() (l planned, err error) {
	text, err := readLine(r.in)
	if err != nil {
		return l, fmt.Errorf("read the plan: %w", err)
	}
	if bytes.HasPrefix(text, []byte(`{"summary":`)) {
		return l, io.EOF
	}
	if err := json.Unmarshal(text, &l.line); err != nil {
		return l, fmt.Errorf("read the plan: %w", err)
	}
	if l.State == New || l.State == Satisfied || l.State == Ordered {
		if l.intent, err = tasks.Parse(l.line.Intent); err != nil {
			return l, fmt.Errorf("read the plan, row %d: %w", l.N, err)
		}
	}
	return l, nil
}

// ChangedError says that a row would not be ordered as it was planned.
type ChangedError struct{ Text string }

func (e *ChangedError) Error() string {
	return "changed since it was planned: " + e.Text + "; plan the file anew"
}

// held says why a row may not be ordered as it was planned; err is the portal's. Whoever sends it holds it to that again.
func (r *Reader) held(in tasks.Intent, planned Order) (changed, err error) {
	res, err := r.resolver.Resolve(r.ctx, in)
	var no *resolve.Refusal
	switch {
	case errors.As(err, &no):
		return &ChangedError{no.Error()}, nil
	case err != nil:
		return nil, err
	}
	if text := planned.Differs(resolve.PlannedOf(in, res)); text != "" {
		return &ChangedError{text}, nil
	}
	return nil, nil
}

// still says why a row may not be taken whose PBX had what it asks for when it was planned; err is the portal's. It is
// taken to be recorded as that: nothing comes of it as long as this holds.
func (r *Reader) still(in tasks.Intent) (changed, err error) {
	res, err := r.resolver.Resolve(r.ctx, in)
	var no *resolve.Refusal
	switch {
	case resolve.Satisfied(err) != nil:
		return nil, nil
	case errors.As(err, &no):
		return &ChangedError{no.Error()}, nil
	case err != nil:
		return nil, err
	}
	return &ChangedError{fmt.Sprintf("there was nothing to order, and now %d are missing", res.Quantity)}, nil
}

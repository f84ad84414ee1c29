package yeastartest

import (
	"encoding/json"
	"io"
	"sync"
	"time"
)

// journal writes what happens as NDJSON, so that the oracle outlives the process. Each line is synced
// before the answer it belongs to leaves, and written outside of the server's mutex.
type journal struct {
	mu  sync.Mutex
	w   io.Writer
	err error // the first; later lines are lost

	// underway is read-locked from before a change until it is written. Whoever read the portal takes the
	// write lock once before he tells: what somebody saw is then in the journal, however the process ends.
	underway sync.RWMutex
}

// journalLine is one line: how the portal began, a create-order request, an order that was made, or a status.
type journalLine struct {
	At      time.Time    `json:"at"` // by Options.Now; of an order its createTime, of a beginning the portal's clock
	Start   *beginning   `json:"start,omitempty"`
	Request *string      `json:"request,omitempty"` // the body as it came
	PO      string       `json:"poNumber,omitempty"`
	Partial bool         `json:"partial,omitempty"` // a request that did not come whole, or was not read
	Down    bool         `json:"down,omitempty"`    // the portal was down when the request came
	Order   *LedgerOrder `json:"order,omitempty"`   // as it was committed
	OrderNo string       `json:"orderNo,omitempty"`
	Status  string       `json:"status,omitempty"` // that OrderNo has from now on
}

// beginning is what a portal must have in common with the one whose journal it goes on with.
type beginning struct {
	Seed      int64 `json:"seed"`
	PBXs      int   `json:"pbxs"`
	OldOrders int   `json:"oldOrders"`
}

// newJournal is nil, which writes nothing, where there is no writer.
func newJournal(w io.Writer) *journal {
	if w == nil {
		return nil
	}
	return &journal{w: w}
}

func (j *journal) begin() {
	if j != nil {
		j.underway.RLock()
	}
}

func (j *journal) end() {
	if j != nil {
		j.underway.RUnlock()
	}
}

// settle waits until all that is under way is written.
func (j *journal) settle() {
	if j != nil {
		j.underway.Lock()
		defer j.underway.Unlock() // nothing in between: the waiting is the point
	}
}

func (j *journal) start(at time.Time, b beginning) {
	if j != nil {
		j.write(journalLine{At: at, Start: &b})
	}
}

func (j *journal) request(at time.Time, x *exchange, down bool) {
	if j == nil || x.call != CallCreate {
		return
	}
	if x.body == nil {
		j.write(journalLine{At: at, Partial: true, Down: down})
		return
	}
	body := string(x.body)
	j.write(journalLine{At: at, Request: &body, PO: x.order.PONumber, Down: down})
}

func (j *journal) order(o LedgerOrder) {
	if j != nil {
		j.write(journalLine{At: o.At, Order: &o})
	}
}

func (j *journal) status(at time.Time, orderNo, status string) {
	if j != nil {
		j.write(journalLine{At: at, OrderNo: orderNo, Status: status})
	}
}

func (j *journal) write(line journalLine) {
	b, err := json.Marshal(line)
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.err != nil {
		return
	}
	if err == nil {
		_, err = j.w.Write(append(b, '\n'))
	}
	if file, is := j.w.(interface{ Sync() error }); is && err == nil {
		err = file.Sync()
	}
	j.err = err
}

// JournalError is the first error of writing the journal; from then on it is not complete.
func (s *Server) JournalError() error {
	if s.log == nil {
		return nil
	}
	s.log.mu.Lock()
	defer s.log.mu.Unlock()
	return s.log.err
}

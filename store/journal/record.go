package journal

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"time"
	"unicode/utf8"
)

// Version is the format that this package writes and the only one it reads.
const Version = 1

// maxLine bounds one record. The largest thing in it is a request body of a few hundred bytes; the
// bound keeps a reader of a damaged file from swallowing it whole.
const maxLine = 64 << 10

// maxText bounds the texts of an outcome, which come from the portal and may be of any length. Longer
// ones are cut: a shortened reason is better than an answer that is not written down.
const maxText = 4 << 10

// Header is a file's first record: whose sends are in it.
type Header struct {
	Version int    `json:"version"`
	Ledger  string `json:"ledger"`  // random id of the Redis ledger that these sends belong to
	BaseURL string `json:"baseUrl"` // the portal's
	Client  string `json:"client"`  // HashClient of the API client id
	Account string `json:"account"`
	// Host, PID and Started are filled in by Open where they are empty. They are for people: whether
	// a process lives is decided by its lock alone (a pid is used again, a container has its own).
	Host    string    `json:"host"`
	PID     int       `json:"pid"`
	Started time.Time `json:"started"`
}

// Attempt is one request that is about to leave.
type Attempt struct {
	Order     string `json:"order"` // the record's id
	Account   string `json:"account"`
	Reference string `json:"reference"` // "<id>-<attempt>", as sent in poNumber; unique
	N         int    `json:"n"`         // the attempt's number, from 1
	Nonce     string `json:"nonce"`     // of its passage through the gate: what tells it from another of the same number
	// Body is the exact bytes of the request: what recovery has to go by when Redis lost the record.
	Body []byte `json:"body,omitempty"`
	// Intent is the caller's intent as canonical JSON: what a vanished record is made anew from, so that its
	// reference stays taken.
	Intent json.RawMessage `json:"intent,omitempty"`
	At     time.Time       `json:"at"` // this host's clock; filled in by Begin where it is zero
}

// Outcome is what became of an attempt whose call returned.
type Outcome struct {
	Reference     string `json:"reference"`
	Nonce         string `json:"nonce,omitempty"` // the attempt\'s; filled in by End
	Result        string `json:"result"`          // yeastar.Outcome's word: "done", "refused", "not sent", "unknown"
	OrderNo       string `json:"orderNo,omitempty"`
	TransactionNo string `json:"transactionNo,omitempty"`
	OrderStatus   string `json:"orderStatus,omitempty"`
	InstanceID    string `json:"instanceId,omitempty"`
	RequestID     string `json:"requestId,omitempty"`
	Code          string `json:"code,omitempty"`
	Reason        string `json:"reason,omitempty"`
	// NoGate: the gate's answer never came, so nobody knows whether Redis ever had this attempt. It is no sign
	// that Redis has forgotten one.
	NoGate bool      `json:"noGate,omitempty"`
	At     time.Time `json:"at"` // this host's clock; filled in by End where it is zero
}

// HashClient gives the form in which a client id stands in a header: the first 16 hex digits of its
// SHA-256. Enough to tell two clients apart, too little to log in with.
func HashClient(id string) string {
	sum := sha256.Sum256([]byte(id))
	return hex.EncodeToString(sum[:])[:16]
}

// record is one line: exactly one of its fields is set.
type record struct {
	Open  *Header  `json:"open,omitempty"`
	Begin *Attempt `json:"begin,omitempty"`
	End   *Outcome `json:"end,omitempty"`
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// errBad says that a line is not a record: torn or damaged, which of the two its place decides.
var errBad = errors.New("not a record")

// encode gives the record's line, newline included.
func (r record) encode() ([]byte, error) {
	body, err := json.Marshal(r)
	if err != nil {
		return nil, fmt.Errorf("encode journal record: %w", err)
	}
	line := make([]byte, 0, len(body)+10)
	line = fmt.Appendf(line, "%08x ", crc32.Checksum(body, castagnoli))
	line = append(append(line, body...), '\n')
	if len(line) > maxLine {
		return nil, fmt.Errorf("journal record of %d bytes: at most %d fit", len(line), maxLine)
	}
	return line, nil
}

// decode reads a line without its newline. What it returns has exactly one field set.
func decode(line []byte) (record, error) {
	var r record
	if len(line) < 10 || line[8] != ' ' {
		return r, errBad
	}
	body := line[9:]
	if !bytes.Equal(fmt.Appendf(nil, "%08x", crc32.Checksum(body, castagnoli)), line[:8]) {
		return r, errBad
	}
	if err := json.Unmarshal(body, &r); err != nil {
		return record{}, errBad
	}
	set := 0
	for _, is := range []bool{r.Open != nil, r.Begin != nil, r.End != nil} {
		if is {
			set++
		}
	}
	if set != 1 {
		return record{}, errBad
	}
	return r, nil
}

func (h Header) validate() error {
	switch {
	case h.Ledger == "":
		return errors.New("open journal: ledger is empty: give the ledger's id")
	case h.BaseURL == "":
		return errors.New("open journal: base URL is empty: give the portal's")
	case h.Account == "":
		return errors.New("open journal: account is empty: give its name")
	}
	// A raw client id must not land on the disk by a slip of the caller, nor in this error.
	if raw, err := hex.DecodeString(h.Client); err != nil || len(raw) != 8 {
		return errors.New("open journal: client is not a hash of 16 hex digits: give HashClient of the client id")
	}
	return nil
}

func (a Attempt) validate() error {
	switch {
	case a.Order == "":
		return errors.New("journal an attempt: order is empty: give the record's id")
	case a.Account == "":
		return fmt.Errorf("journal an attempt of %s: account is empty: give its name", a.Order)
	case a.Reference == "":
		return fmt.Errorf("journal an attempt of %s: reference is empty: give the one sent as poNumber", a.Order)
	case a.Nonce == "":
		return fmt.Errorf("journal an attempt of %s: nonce is empty: give the one of its passage through the gate", a.Order)
	case a.N < 1:
		return fmt.Errorf("journal an attempt of %s: number %d: attempts count from 1", a.Order, a.N)
	}
	return nil
}

// cut shortens the texts that come from outside, at a rune's edge.
func (o Outcome) cut() Outcome {
	for _, s := range []*string{&o.OrderNo, &o.TransactionNo, &o.OrderStatus, &o.InstanceID, &o.RequestID, &o.Code, &o.Reason} {
		if len(*s) <= maxText {
			continue
		}
		end := maxText
		for end > 0 && !utf8.RuneStart((*s)[end]) {
			end--
		}
		*s = (*s)[:end]
	}
	return o
}

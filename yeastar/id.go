package yeastar

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
)

// ID is one of the portal's 64-bit ids (a plan, a service, a billing contact, an order).
// The portal writes them as strings in its answers and takes them as bare integers in requests
// (both samples of its tutorials); they lie above 2^53, so they never pass through float64.
// The zero ID means "not given".
type ID int64

// ErrBadID is wrapped by every failure to read an ID.
var ErrBadID = errors.New("not a portal id (1 to 19 decimal digits)")

// ParseID reads an id from decimal digits.
func ParseID(s string) (ID, error) {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n <= 0 || s[0] == '+' || s[0] == '0' {
		return 0, fmt.Errorf("%q: %w", s, ErrBadID)
	}
	return ID(n), nil
}

// String gives the decimal digits, or "" for the zero ID.
func (id ID) String() string {
	if id == 0 {
		return ""
	}
	return strconv.FormatInt(int64(id), 10)
}

// MarshalJSON writes a bare integer, as the create-order call takes it.
func (id ID) MarshalJSON() ([]byte, error) {
	return strconv.AppendInt(nil, int64(id), 10), nil
}

// UnmarshalJSON reads a bare integer or a string of digits; null and "" leave the ID zero.
func (id *ID) UnmarshalJSON(b []byte) error {
	b = bytes.TrimSpace(b)
	if len(b) >= 2 && b[0] == '"' {
		b = b[1 : len(b)-1]
	}
	if len(b) == 0 || string(b) == "null" {
		*id = 0
		return nil
	}
	n, err := ParseID(string(b))
	if err != nil {
		return err
	}
	*id = n
	return nil
}

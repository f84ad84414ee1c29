package sheet

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"unicode/utf8"

	"orderq/tasks"
)

// Lengths of a made reference's parts, in characters: <batch>/<16 hex digits>/<occurrence of 10 digits>.
const (
	maxReference = 200 // tasks' limit
	hashDigits   = 16
	maxBatch     = maxReference - 1 - hashDigits - 1 - 10
)

// references makes references and sees to it that no two rows have the same.
//
// A made reference names what is asked for and not where it stands: rows may be sorted, added or taken away
// between two readings, and the same row is the same order. What is asked for is tasks' fingerprint of the
// intent, which leaves out reference and labels: a label that was changed must not order again. (64 bits of
// it: rows whose bits are equal and wishes are not are counted as equal ones, and their references differ.)
//
// Only 12 bytes per row stay in memory. Two of 100,000 references share 64 bits of their hash with a chance
// below one in a billion, and then a row is refused, not ordered twice.
type references struct {
	batch string
	held  map[[8]byte]uint32 // account and reference → the row that has it
	times map[[8]byte]uint32 // fingerprint → the last occurrence
}

func newReferences(batch string) (*references, error) {
	switch n := utf8.RuneCountInString(batch); {
	case n > maxBatch:
		return nil, fmt.Errorf("the batch's name has %d characters; at most %d leave room for the rest of a reference", n, maxBatch)
	case !utf8.ValidString(batch):
		return nil, errors.New("the batch's name is not valid UTF-8")
	}
	if problem := spoilt("reference", batch+"/"); problem != "" { // the results could not be read again
		return nil, fmt.Errorf("the batch's name %s %s", quote(batch), problem)
	}
	return &references{batch: batch, held: map[[8]byte]uint32{}, times: map[[8]byte]uint32{}}, nil
}

func heldKey(account, reference string) [8]byte {
	b := make([]byte, 0, 256)
	b = append(append(append(b, account...), 0), reference...)
	sum := sha256.Sum256(b)
	return [8]byte(sum[:8])
}

// claim gives the row that has a reference already, or 0 and the reference is row n's.
func (r *references) claim(account, reference string, n int) int {
	key := heldKey(account, reference)
	if holder, ok := r.held[key]; ok {
		return int(holder)
	}
	r.held[key] = uint32(n)
	return 0
}

// make gives row n a reference. It passes over those that rows above have as their own, as the rows of a
// results file have: an equal row written below them is one more order.
func (r *references) make(in tasks.Intent, n int) string {
	hash := in.Fingerprint()[:hashDigits]
	var key [8]byte
	_, _ = hex.Decode(key[:], []byte(hash)) // it is hex
	for {
		r.times[key]++
		reference := r.batch + "/" + hash + "/" + strconv.FormatUint(uint64(r.times[key]), 10)
		if r.claim(in.Account, reference, n) == 0 {
			return reference
		}
	}
}

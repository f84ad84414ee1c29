package tasks

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
)

// Fingerprint is the SHA-256, in hex, of the normalised intent's canonical JSON without reference and
// labels: two intents with one reference and one fingerprint are the same order.
func (in Intent) Fingerprint() string {
	in = in.Normalise()
	in.Reference, in.Labels = "", nil
	sum := sha256.Sum256(in.Canonical())
	return hex.EncodeToString(sum[:])
}

// Target is what two orders in doubt must not share: the PBX's serial number, or for purchases without
// one the words product, contact and assignee.
func (in Intent) Target() string {
	in = in.Normalise()
	if in.ProductNo != "" {
		return in.ProductNo
	}
	contact := in.BillingID
	if contact == "" {
		contact = in.BillingContact
	}
	kind, _ := KindOf(in.Kind)
	return "product:" + strconv.Itoa(kind.ProductID) + " contact:" + contact + " assignee:"
}

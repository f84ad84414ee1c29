package tasks

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
)

// Fingerprint is the SHA-256, in hex, of the normalised intent's canonical JSON without reference, labels and
// allowDuplicate: two intents with one reference and one fingerprint are the same order.
func (in Intent) Fingerprint() string {
	in = in.Normalise()
	in.Reference, in.Labels, in.AllowDuplicate = "", nil, false
	sum := sha256.Sum256(in.Canonical())
	return hex.EncodeToString(sum[:])
}

// Like is what makes two orders for one target look like duplicates of each other: kind and amount. "": nothing does;
// an ensure orders only what is missing, however often it is asked for.
func (in Intent) Like() string {
	in = in.Normalise()
	if in.Ensure > 0 {
		return ""
	}
	return in.Kind + " " + strconv.Itoa(in.Quantity)
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

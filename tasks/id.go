package tasks

import (
	"bytes"
	"crypto/sha256"
	"encoding/base32"
	"regexp"
	"strconv"
	"strings"
)

// idLetters is how many base32 characters follow "oq": 120 bits, so that two of a billion orders share an
// id with a chance below one in 10^18.
const idLetters = 24

// OrderID is the order's id: "oq" and the first 24 characters of the base32 (RFC 4648, lower case) of
// SHA-256 over account, a zero byte, and reference. An empty account is the default one.
func OrderID(account, reference string) string { return idOf("oq", account, reference) }

// BatchID is a batch's id: "ob" and the same of account and name.
func BatchID(account, name string) string { return idOf("ob", account, name) }

func idOf(kind, account, name string) string {
	if account == "" {
		account = DefaultAccount
	}
	h := sha256.New()
	h.Write([]byte(account))
	h.Write([]byte{0})
	h.Write([]byte(name))
	return kind + strings.ToLower(base32.StdEncoding.EncodeToString(h.Sum(nil)))[:idLetters]
}

// ID is the id of the intent's order.
func (in Intent) ID() string { return OrderID(in.Account, in.Reference) }

// AttemptReference is what the portal is shown of one attempt: "<id>-<attempt>". Attempts count from 1.
func AttemptReference(id string, attempt int) string { return id + "-" + strconv.Itoa(attempt) }

// SentPONumber is the poNumber of one attempt: its reference, then a space and the caller's own purchase
// order number where there is one.
func SentPONumber(id string, attempt int, own string) string {
	if own == "" {
		return AttemptReference(id, attempt)
	}
	return AttemptReference(id, attempt) + " " + own
}

// The portal may change the case of what it shows again, so the case is not asked for. What is looked for
// in a caller's text takes the letters that fold to ASCII too (the Kelvin sign is a k to (?i)), because the
// portal may fold them; a reference of ours never has them.
var (
	idPattern        = regexp.MustCompile(`(?i)oq[a-z2-7]{24}`)
	referencePattern = regexp.MustCompile(`[oO][qQ][a-zA-Z2-7]{24}-[1-9][0-9]*`)
)

// FindReferences lists the attempt references in a text, in lower case, each once, in the order in which
// they first appear. The text may be anything: a poNumber, a row of the portal's list as raw JSON.
func FindReferences(text []byte) []string {
	var out []string
	seen := map[string]bool{}
	for _, match := range referencePattern.FindAll(text, -1) {
		if r := string(bytes.ToLower(match)); !seen[r] {
			seen[r] = true
			out = append(out, r)
		}
	}
	return out
}

// SplitReference takes an attempt reference apart; ok is false where it is none.
func SplitReference(reference string) (id string, attempt int, ok bool) {
	if referencePattern.FindString(reference) != reference || reference == "" {
		return "", 0, false
	}
	id, digits, _ := strings.Cut(reference, "-")
	attempt, err := strconv.Atoi(digits)
	return id, attempt, err == nil
}

// IsOrderID says whether s has the form of an order id.
func IsOrderID(s string) bool {
	return len(s) == 2+idLetters && s == strings.ToLower(s) && idPattern.MatchString(s)
}

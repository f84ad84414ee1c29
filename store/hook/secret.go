package hook

import (
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"io"
	"strings"
)

// Secret signs deliveries: "whsec_" and the base64 of its bytes (Standard Webhooks 1.0.0). It does not print.
type Secret string

const (
	secretPrefix = "whsec_"
	// secretBytes is of the 24 to 64 that the specification allows as many as HMAC-SHA256 can use.
	secretBytes = 32
)

// NewSecret draws one.
func NewSecret() Secret {
	fresh := make([]byte, secretBytes)
	rand.Read(fresh) // never fails (crypto/rand, since Go 1.24)
	return Secret(secretPrefix + base64.StdEncoding.EncodeToString(fresh))
}

const hidden = "***"

// Reveal gives the text. Its callers are the places to audit.
func (s Secret) Reveal() string { return string(s) }

// Key gives the bytes that sign.
func (s Secret) Key() ([]byte, error) {
	text, ok := strings.CutPrefix(string(s), secretPrefix)
	key, err := base64.StdEncoding.DecodeString(text)
	if !ok || err != nil || len(key) < 24 || len(key) > 64 {
		return nil, fmt.Errorf("a webhook secret is not whsec_ and the base64 of 24 to 64 bytes: rotate it")
	}
	return key, nil
}

func (s Secret) String() string               { return hidden }
func (s Secret) GoString() string             { return hidden }
func (s Secret) MarshalText() ([]byte, error) { return []byte(hidden), nil }
func (s Secret) MarshalJSON() ([]byte, error) { return []byte(`"` + hidden + `"`), nil }

// Format covers the verbs that are wrong for a string, too.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, hidden) }

// Conceal takes secrets out of a text that somebody else wrote.
func Conceal(text string, secrets []Secret) string {
	for _, s := range secrets {
		text = strings.ReplaceAll(text, string(s), hidden)
		text = strings.ReplaceAll(text, strings.TrimPrefix(string(s), secretPrefix), hidden)
	}
	return text
}

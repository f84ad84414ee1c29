package config

import (
	"errors"
	"fmt"
	"strings"

	"orderq/yeastar"
)

// Role is what a token's bearer may do.
type Role string

const (
	Viewer   Role = "viewer"   // read
	Producer Role = "producer" // and place orders
	Operator Role = "operator" // and decide about them: release, resolve, halt
)

// Token is one bearer of the HTTP API.
type Token struct {
	Name  string // goes to histories and logs
	Role  Role
	Token yeastar.Secret
}

// parseTokens reads name:role:token, comma after comma. A token may contain colons. Errors count the
// entries: what looks like a name in a mistyped one may be the token.
func parseTokens(s string) ([]Token, error) {
	var out []Token
	names, tokens := map[string]int{}, map[string]int{}
	for i, entry := range strings.Split(s, ",") {
		n := i + 1
		parts := strings.SplitN(strings.TrimSpace(entry), ":", 3)
		if len(parts) != 3 || parts[0] == "" || parts[2] == "" {
			return nil, fmt.Errorf("entry %d: want name:role:token, entries with commas between them", n)
		}
		role, err := oneOf(parts[1], Viewer, Producer, Operator)
		if err != nil {
			return nil, fmt.Errorf("entry %d: role: %w", n, err)
		}
		if other, ok := names[parts[0]]; ok {
			return nil, fmt.Errorf("entries %d and %d have the same name: give each its own", other, n)
		}
		if other, ok := tokens[parts[2]]; ok {
			return nil, fmt.Errorf("entries %d and %d have the same token: give each its own", other, n)
		}
		names[parts[0]], tokens[parts[2]] = n, n
		out = append(out, Token{Name: parts[0], Role: role, Token: yeastar.Secret(parts[2])})
	}
	return out, nil
}

// parseBearer takes what a header can carry; its errors must not quote.
func parseBearer(s string) (yeastar.Secret, error) {
	if s = strings.TrimSpace(s); strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return "", errors.New("want one token alone: printable characters, no spaces")
	}
	return yeastar.Secret(s), nil
}

package yeastar

import (
	"bytes"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// node is a JSON value that can be searched by shape: names in their order, numbers as their literals
// (a 64-bit id would not survive float64). A nil node is a value that is not there; every method takes it.
type node struct {
	kind  jsontext.Kind
	lit   string   // a string's text, a number's literal
	names []string // of an object's members
	kids  []*node  // an object's members or an array's elements
	raw   []byte   // of an object or array: as it came, a part of what was parsed
}

// parseTree reads one value; nil where it is not valid JSON.
func parseTree(v jsontext.Value) *node {
	n, err := parseNode(jsontext.NewDecoder(bytes.NewBuffer(v)), v)
	if err != nil {
		return nil
	}
	return n
}

// parseNode recurses; jsontext refuses more than 10,000 levels.
func parseNode(d *jsontext.Decoder, src []byte) (*node, error) {
	tok, err := d.ReadToken()
	if err != nil {
		return nil, err
	}
	n := &node{kind: tok.Kind()}
	start := d.InputOffset() - 1
	switch n.kind {
	case '"', '0':
		n.lit = tok.String()
	case '{', '[':
		for d.PeekKind() != '}' && d.PeekKind() != ']' {
			if n.kind == '{' {
				name, err := d.ReadToken()
				if err != nil {
					return nil, err
				}
				n.names = append(n.names, name.String())
			}
			kid, err := parseNode(d, src)
			if err != nil {
				return nil, err
			}
			n.kids = append(n.kids, kid)
		}
		if _, err := d.ReadToken(); err != nil {
			return nil, err
		}
		n.raw = src[start:d.InputOffset()]
	}
	return n, nil
}

func (n *node) is(k jsontext.Kind) bool { return n != nil && n.kind == k }

// get gives the member of that very name, nil where there is none.
func (n *node) get(name string) *node {
	if !n.is('{') {
		return nil
	}
	for i, have := range n.names {
		if have == name {
			return n.kids[i]
		}
	}
	return nil
}

// text gives the first of these members that is a non-blank string or a number.
func (n *node) text(names ...string) string {
	for _, name := range names {
		if m := n.get(name); m.is('"') || m.is('0') {
			if s := strings.TrimSpace(m.lit); s != "" {
				return s
			}
		}
	}
	return ""
}

// id gives the first of these members that is an id, as a number or as a string of digits.
func (n *node) id(names ...string) ID {
	for _, name := range names {
		s := n.text(name)
		if s == "" {
			continue // most names are not there, and an error for each would be half the time of reading
		}
		if id, err := ParseID(s); err == nil {
			return id
		}
	}
	return 0
}

// count gives that member if it is a whole number from 0 on, as a number or as a string of digits.
func (n *node) count(name string) *int {
	i, err := strconv.ParseUint(n.text(name), 10, 31)
	if err != nil {
		return nil
	}
	v := int(i)
	return &v
}

// walk visits n and everything in it, from the outside in, left to right, until visit says not to go deeper.
func (n *node) walk(visit func(*node) (deeper bool)) {
	if n == nil || !visit(n) {
		return
	}
	for _, kid := range n.kids {
		kid.walk(visit)
	}
}

// nearText gives the first of these members in the first of these objects that shows one.
func nearText(in []*node, names ...string) string {
	for _, n := range in {
		if s := n.text(names...); s != "" {
			return s
		}
	}
	return ""
}

// number gives the first of these members that is a count, else missing.
func number(n *node, missing int, names ...string) int {
	for _, name := range names {
		if v := n.count(name); v != nil {
			return *v
		}
	}
	return missing
}

package cli

import (
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"

	"orderq/cmd/internal/office"
	"orderq/store"
)

// emit writes one JSON object and a line break.
func (a *app) emit(v any) error {
	enc := json.NewEncoder(a.out)
	enc.SetEscapeHTML(false) // this is no web page, and references contain &
	return enc.Encode(v)
}

// say writes a line of the result.
func (a *app) say(format string, args ...any) { fmt.Fprintf(a.out, format+"\n", args...) }

// note writes a message that is no result.
func (a *app) note(format string, args ...any) { fmt.Fprintf(a.err, "orderq: "+format+"\n", args...) }

// column of a table: its head and its width; numbers stand on the right.
type column struct {
	head  string
	width int
	right bool
}

// row writes one line of a table. What is too long is cut, unless whole; the last column never is.
func (a *app) row(cols []column, cells []string, whole bool) {
	var b strings.Builder
	for i, c := range cols {
		text := plain(cells[i])
		last := i == len(cols)-1
		if !whole && !last {
			text = cut(text, c.width)
		}
		pad := strings.Repeat(" ", max(0, c.width-utf8.RuneCountInString(text)))
		switch {
		case c.right:
			b.WriteString(pad + text)
		case last:
			b.WriteString(text)
		default:
			b.WriteString(text + pad)
		}
		if !last {
			b.WriteString("  ")
		}
	}
	a.say("%s", strings.TrimRight(b.String(), " "))
}

func (a *app) head(cols []column) {
	heads := make([]string, len(cols))
	for i, c := range cols {
		heads[i] = c.head
	}
	a.row(cols, heads, false)
}

// cut shortens to so many characters, the last of them "…".
func cut(s string, width int) string {
	if utf8.RuneCountInString(s) <= width {
		return s
	}
	return string([]rune(s)[:width-1]) + "…"
}

// plain keeps what others wrote from steering the terminal.
func plain(s string) string { return office.Plain(s) }

// field writes "name   value", wrapped at 80 columns; nothing where there is no value.
func (a *app) field(name, value string) {
	if value == "" {
		return
	}
	const indent = 14
	for i, line := range wrap(plain(value), columns-indent) {
		if i > 0 {
			name = ""
		}
		a.say("%-*s%s", indent, name, line)
	}
}

// wrap breaks text at spaces; a word that is longer than a line stays whole.
func wrap(text string, width int) []string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(text) {
		if line != "" && utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > width {
			lines = append(lines, line)
			line = ""
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	return append(lines, line)
}

// paint colours a state on a terminal: green is good, red is bad, yellow wants a look.
func (a *app) paint(s store.State) string {
	if !a.colour {
		return string(s)
	}
	code := "0"
	switch s {
	case store.Placed:
		code = "32"
	case store.Rejected, store.Review:
		code = "31"
	case store.Unknown, store.Pending, store.Held:
		code = "33"
	}
	return "\x1b[" + code + "m" + string(s) + "\x1b[0m"
}

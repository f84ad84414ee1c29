package storetest

import (
	"bytes"
	"context"
	"net"
	"sync"
	"testing"

	"github.com/redis/go-redis/v9"
)

// Break is how the line breaks at a command.
type Break int

const (
	BlipBefore Break = iota // the connection breaks before the command is sent; the next one is good
	BlipAfter               // the server carries it out, and the connection breaks in place of its reply
	CutBefore               // as BlipBefore, and the whole line is cut until Cut(false)
	CutAfter                // as BlipAfter, and the whole line is cut until Cut(false)
)

func (b Break) String() string {
	return [...]string{"a blip before it", "a blip in place of its reply", "a cut before it", "a cut in place of its reply"}[b]
}

// FailNth breaks the line at the nth command from now on that contains the text; what a client sends at once, as a
// pipeline, counts as one. It replaces what FailNth was asked before.
func (r *Room) FailNth(text string, n int, b Break) {
	l := r.line
	l.mu.Lock()
	defer l.mu.Unlock()
	l.fails = failing{text: []byte(text), left: n, how: b}
}

// Failed says whether the line broke as FailNth was asked, and how many connections it has refused since.
func (r *Room) Failed() (broke bool, refused int) {
	l := r.line
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.fails.broke, l.fails.refused
}

// Meanwhile is a client of its own, for one goroutine: the reply to its first command that contains the text is lost, as
// LoseReply does it, and before go-redis repeats that command, other is done.
func (r *Room) Meanwhile(t testing.TB, text string, other func()) *redis.Client {
	o, lost := *r.Options, r.Lost()
	var once sync.Once
	o.Dialer = func(ctx context.Context, network, addr string) (net.Conn, error) {
		if r.Lost() > lost {
			once.Do(other)
		}
		return r.line.dial(ctx, network, addr)
	}
	c := redis.NewClient(&o)
	t.Cleanup(func() { _ = c.Close() })
	r.LoseReply(text)
	return c
}

// failing is what FailNth asked for.
type failing struct {
	text    []byte
	left    int // commands up to the one that fails; 0: none does any more
	how     Break
	broke   bool
	refused int
}

// again lets the next command fail in place of one that the server did not carry out, for want of its script.
func (l *line) again() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if f := &l.fails; f.broke {
		f.left, f.broke = 1, false
	}
}

// breaks says whether the line breaks at what is written now, and how.
func (l *line) breaks(p []byte) (how Break, yes bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	f := &l.fails
	if f.left == 0 || !bytes.Contains(p, f.text) {
		return 0, false
	}
	f.left--
	f.broke = f.left == 0
	if how, yes = f.how, f.broke; yes {
		l.thenDown = how == CutAfter
	}
	return how, yes
}

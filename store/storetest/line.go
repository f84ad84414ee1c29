package storetest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"sync/atomic"
)

// line is the wire between a client and its server, with switches.
type line struct {
	mu    sync.Mutex
	down  bool
	conns map[net.Conn]struct{}

	loses    string // the reply to the next command that contains this is lost; "": none is
	thenDown bool   // and then the line is cut
	lost     int

	fails failing
}

var errCut = errors.New("storetest: the line to Redis is cut")

func (l *line) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	l.mu.Lock()
	down := l.down
	if down {
		l.fails.refused++
	}
	l.mu.Unlock()
	if down {
		return nil, errCut
	}
	c, err := dial(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.down {
		_ = c.Close()
		return nil, errCut
	}
	if l.conns == nil {
		l.conns = map[net.Conn]struct{}{}
	}
	w := &wire{Conn: c, line: l}
	l.conns[w] = struct{}{}
	return w, nil
}

func (l *line) cut(down bool) {
	l.mu.Lock()
	l.down = down
	var conns []net.Conn
	if down {
		for c := range l.conns {
			conns = append(conns, c)
		}
	}
	l.mu.Unlock()
	for _, c := range conns {
		_ = c.Close()
	}
}

func (l *line) loseNext(text string, thenDown bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.loses, l.thenDown = text, thenDown
}

func (l *line) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.lost
}

// hit says whether what is written now is the command whose reply is lost.
func (l *line) hit(p []byte) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.loses != "" && bytes.Contains(p, []byte(l.loses))
}

// lose breaks the line in place of a reply.
func (l *line) lose() {
	l.mu.Lock()
	l.loses = ""
	l.lost++
	down := l.thenDown
	l.mu.Unlock()
	if down {
		l.cut(true)
	}
}

type wire struct {
	net.Conn
	line   *line
	losing atomic.Bool // the reply to come is to be lost
}

func (w *wire) Write(p []byte) (int, error) {
	if w.line.hit(p) {
		w.losing.Store(true)
	}
	switch how, breaks := w.line.breaks(p); {
	case !breaks:
	case how == BlipAfter || how == CutAfter:
		w.losing.Store(true)
	default:
		if how == CutBefore {
			w.line.cut(true)
		}
		_ = w.Close()
		return 0, errCut
	}
	return w.Conn.Write(p)
}

func (w *wire) Read(p []byte) (int, error) {
	n, err := w.Conn.Read(p)
	// There is a reply, so the server has done it.
	if err != nil || !w.losing.CompareAndSwap(true, false) {
		return n, err
	}
	if bytes.HasPrefix(p[:n], []byte("-NOSCRIPT")) {
		w.line.again() // it has not: the script comes whole with the next command
		return n, nil
	}
	w.line.lose()
	_ = w.Close()
	return 0, io.EOF
}

func (w *wire) Close() error {
	w.line.mu.Lock()
	delete(w.line.conns, w)
	w.line.mu.Unlock()
	return w.Conn.Close()
}

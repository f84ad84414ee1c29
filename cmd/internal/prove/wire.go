package prove

import (
	"errors"
	"io"
	"net"
	"sync"
)

// wire is the line between the workers and Redis: it can be cut, and it can lose replies to commands that Redis
// has carried out.
type wire struct {
	listener net.Listener
	to       func() (net.Conn, error)
	mu       sync.Mutex
	conns    map[net.Conn]struct{}
	cut      bool
	lose     int // replies still to be lost
	lost     int
	all      sync.WaitGroup
}

func newWire(to func() (net.Conn, error)) (*wire, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	w := &wire{listener: l, to: to, conns: map[net.Conn]struct{}{}}
	w.all.Go(w.accept)
	return w, nil
}

func (w *wire) addr() string { return w.listener.Addr().String() }

func (w *wire) accept() {
	for {
		c, err := w.listener.Accept()
		if err != nil {
			return
		}
		w.all.Go(func() { w.join(c) })
	}
}

// join carries one connection until either end, or a cut, ends it.
func (w *wire) join(c net.Conn) {
	defer c.Close()
	w.mu.Lock()
	cut := w.cut
	w.mu.Unlock()
	if cut {
		return
	}
	s, err := w.to()
	if err != nil {
		return // Redis is away: the client sees a closed connection
	}
	defer s.Close()
	if !w.keep(c, s) {
		return
	}
	defer w.drop(c, s)
	var both sync.WaitGroup
	both.Go(func() { _, _ = io.Copy(s, c); _ = s.Close(); _ = c.Close() })
	w.replies(c, s)
	_ = s.Close()
	_ = c.Close()
	both.Wait()
}

// replies carries what Redis answers, unless it is to be lost: then the connection breaks in its place.
func (w *wire) replies(c io.Writer, s io.Reader) {
	buf := make([]byte, 32<<10)
	for {
		n, err := s.Read(buf)
		if n > 0 {
			if w.loses() {
				return
			}
			if _, err := c.Write(buf[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

func (w *wire) loses() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.lose == 0 {
		return false
	}
	w.lose--
	w.lost++
	return true
}

func (w *wire) keep(conns ...net.Conn) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.cut {
		return false
	}
	for _, c := range conns {
		w.conns[c] = struct{}{}
	}
	return true
}

func (w *wire) drop(conns ...net.Conn) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range conns {
		delete(w.conns, c)
	}
}

// sever ends every connection, and while cut is true lets none be made.
func (w *wire) sever(cut bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.cut = cut
	for c := range w.conns {
		_ = c.Close()
	}
}

func (w *wire) loseReplies(n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.lose = n
}

func (w *wire) close() error {
	err := w.listener.Close()
	w.sever(true)
	w.all.Wait()
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

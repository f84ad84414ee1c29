package yeastar

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"
)

var (
	errLate      = errors.New("the time for sending is over")
	errOver      = errors.New("the call is over: nothing more is written")
	errTwice     = errors.New("a second connection for one order is refused")
	errNoPosting = errors.New("the order transport was used without a posting")
)

type postingKey struct{}

// posting watches over the one connection of one Create an Order. It gives three proofs that net/http
// alone does not give:
//
//   - late: when its clock says that the time for sending is over, the first byte of the request is refused;
//   - untouched: over() and the first write exclude each other, so a request that was not begun when the
//     call ended never will be, whatever goroutine of net/http still runs;
//   - once: a second connection is refused, whatever net/http may come to think of repeating.
type posting struct {
	tooLate  func() bool
	deadline time.Time // of the call; the connection itself enforces it as well

	mu      sync.Mutex
	dialing bool
	conn    *net.TCPConn // nil before the dial is through
	armed   bool         // from GotConn on, what is written is the request; before, it is TLS or a proxy's CONNECT
	begun   bool         // a byte of the request was handed to the kernel, or is about to be
	late    bool
	ended   bool
}

func (p *posting) dial(ctx context.Context, network, addr string, userTimeout time.Duration) (net.Conn, error) {
	p.mu.Lock()
	again := p.dialing
	p.dialing = true
	p.mu.Unlock()
	if again {
		return nil, errTwice
	}
	conn, err := (&net.Dialer{}).DialContext(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	tcp, ok := conn.(*net.TCPConn)
	if !ok {
		conn.Close()
		return nil, fmt.Errorf("dial %s: %T is not a TCP connection", addr, conn)
	}
	// A killed process must not leave its request to its kernel, to be delivered when the network
	// comes back: with linger 0 the kernel resets the connection and forgets what it holds. The user
	// timeout bounds the same while we live. Without them nothing is sent at all.
	if err := errors.Join(tcp.SetLinger(0), setUserTimeout(tcp, userTimeout), tcp.SetDeadline(p.deadline)); err != nil {
		tcp.Close()
		return nil, fmt.Errorf("dial %s: %w", addr, err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ended {
		tcp.Close()
		return nil, errOver
	}
	p.conn = tcp
	return &line{Conn: tcp, posting: p}, nil
}

// arm is called when net/http hands the connection to the request, before it writes any of it.
func (p *posting) arm() {
	p.mu.Lock()
	p.armed = true
	p.mu.Unlock()
}

// answered is called when the head of a final answer is read. From here on closing is the usual,
// polite one: a server that still reads must not meet a reset, and the rest of a request that is already
// answered cannot become an order.
func (p *posting) answered() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.conn != nil {
		_ = p.conn.SetLinger(-1) // fails only on a closed connection, which is past caring
	}
}

// over ends the posting for good and says whether the request was begun. Afterwards no byte is written.
func (p *posting) over() (begun, late bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ended = true
	if p.conn != nil {
		p.conn.Close()
	}
	return p.begun, p.late
}

// mayWrite is asked before every write to the socket.
func (p *posting) mayWrite() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.late:
		return errLate
	case p.ended:
		return errOver
	case !p.armed || p.begun:
		return nil
	case p.tooLate():
		p.late = true
		p.conn.Close()
		return errLate
	}
	p.begun = true
	return nil
}

// line is the connection as net/http sees it: net.Conn's methods and no more, so that no ReadFrom
// or raw descriptor leads around Write.
type line struct {
	net.Conn
	posting *posting
}

func (l *line) Write(b []byte) (int, error) {
	if err := l.posting.mayWrite(); err != nil {
		return 0, err
	}
	return l.Conn.Write(b)
}

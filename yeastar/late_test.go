package yeastar

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
	"unsafe"
)

// lateClient has a clock that passes the time for sending just when the connection is ready.
func lateClient(t *testing.T, base string, change ...func(*Config)) (*Client, Submission) {
	t.Helper()
	start := time.Now()
	var ahead atomic.Int64
	c := withToken(newClient(t, base, append(change, func(cfg *Config) {
		cfg.Now = func() time.Time { return start.Add(time.Duration(ahead.Load())) }
	})...))
	dial := c.posts.DialContext
	c.posts.DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := dial(ctx, network, addr)
		ahead.Store(int64(3 * time.Second))
		return conn, err
	}
	return c, Submission{Body: []byte(orderBody), From: start, Within: 2 * time.Second}
}

func TestALateOrderWritesNoByte(t *testing.T) {
	t.Parallel()
	read := make(chan int, 1)
	w := newWire(t, func(c *net.TCPConn) {
		n, _ := c.Read(make([]byte, 1))
		read <- n
	})
	c, s := lateClient(t, w.url())
	wants(t, c.CreateOrder(context.Background(), s), NotSent, ReasonLate)
	if n := <-read; n != 0 {
		t.Errorf("the portal saw %d bytes", n)
	}
	// The same with time to spare does write: it was the clock that kept it back.
	s.Within = time.Hour
	if a := c.CreateOrder(context.Background(), s); a.Outcome != Unknown {
		t.Errorf("got %s", a.Outcome)
	}
	if n := <-read; n == 0 {
		t.Error("nothing was written in time either")
	}
}

func TestALateOrderWritesNoByteUnderTLS(t *testing.T) {
	t.Parallel()
	srv := httptest.NewUnstartedServer(nil)
	srv.Config.ErrorLog = quiet()
	srv.StartTLS()
	defer srv.Close()
	read := make(chan int, 1)
	w := newWire(t, func(c *net.TCPConn) {
		inside := tls.Server(c, srv.TLS)
		b, _ := io.ReadAll(inside)
		if !inside.ConnectionState().HandshakeComplete {
			t.Error("the handshake was held back, not the request")
		}
		read <- len(b)
	})
	c, s := lateClient(t, "https://"+w.Addr().String())
	c.posts.TLSClientConfig = srv.Client().Transport.(*http.Transport).TLSClientConfig.Clone()
	wants(t, c.CreateOrder(context.Background(), s), NotSent, ReasonLate)
	if n := <-read; n != 0 {
		t.Errorf("the portal saw %d bytes", n)
	}
}

func TestAnOrderThatIsLateBeforeDialingDoesNotDial(t *testing.T) {
	t.Parallel()
	w := newWire(t, func(*net.TCPConn) {})
	a := withToken(newClient(t, w.url())).CreateOrder(context.Background(), Submission{From: time.Now().Add(-2 * time.Second), Within: time.Second})
	wants(t, a, NotSent, ReasonLate)
	if w.connections() != 0 || a.Connected {
		t.Error("it dialed")
	}
}

// ahead moves only the monotonic reading of t, which no function of package time does: it is the second
// word of a Time that has one.
func ahead(t time.Time, d time.Duration) time.Time {
	(*[2]int64)(unsafe.Pointer(&t))[1] += int64(d)
	return t
}

func TestLateByEitherClock(t *testing.T) {
	t.Parallel()
	from := time.Now()
	for name, c := range map[string]struct {
		within time.Duration
		from   time.Time
		now    time.Time
		late   bool
	}{
		"in time":                        {time.Minute, from, from.Add(59 * time.Second), false},
		"at the end":                     {time.Minute, from, from.Add(time.Minute), true},
		"no limit":                       {0, from, from.Add(time.Hour), false},
		"never asked":                    {time.Minute, time.Time{}, from, true},
		"the wall clock was set back":    {time.Minute, from, ahead(from, 2*time.Minute), true},
		"the machine slept":              {time.Minute, from, ahead(from.Add(2*time.Minute), -2*time.Minute), true},
		"wall clock alone, in time":      {time.Minute, from.Round(0), from.Add(time.Second), false},
		"wall clock alone, and too late": {time.Minute, from.Round(0), from.Add(2 * time.Minute), true},
	} {
		s := Submission{From: c.from, Within: c.within}
		if got := s.late(c.now); got != c.late {
			t.Errorf("%s: late is %v", name, got)
		}
	}
}

func TestAFailedTLSHandshakeIsNotSent(t *testing.T) {
	t.Parallel()
	asked := make(chan struct{}, 1)
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked <- struct{}{} }))
	srv.Config.ErrorLog = quiet()
	srv.StartTLS()
	defer srv.Close()
	wants(t, submit(withToken(newClient(t, srv.URL))), NotSent, ReasonDial)
	if len(asked) != 0 {
		t.Error("the portal was asked")
	}
}

func TestAnOrderGoesThroughTLS(t *testing.T) {
	t.Parallel()
	srv := httptest.NewTLSServer(answer(200, goodOrder))
	defer srv.Close()
	c := withToken(newClient(t, srv.URL))
	c.posts.TLSClientConfig = srv.Client().Transport.(*http.Transport).TLSClientConfig.Clone()
	wants(t, submit(c), Done, ReasonOK)
}

// connectProxy tunnels every CONNECT to one address, or refuses it.
func connectProxy(t *testing.T, target string) *url.URL {
	t.Helper()
	w := newWire(t, func(c *net.TCPConn) {
		if r := swallow(c); r == nil || r.Method != http.MethodConnect || target == "" {
			fmt.Fprint(c, "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
			return
		}
		up, err := net.Dial("tcp", target)
		if err != nil {
			return
		}
		defer up.Close()
		fmt.Fprint(c, "HTTP/1.1 200 OK\r\n\r\n")
		go func() { _, _ = io.Copy(up, c); up.Close() }()
		_, _ = io.Copy(c, up)
	})
	u, _ := url.Parse(w.url())
	return u
}

func TestThroughAProxyTheSameHolds(t *testing.T) {
	t.Parallel()
	posts := make(chan struct{}, 9)
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		posts <- struct{}{}
		answer(200, goodOrder)(w, r)
	}))
	srv.Config.ErrorLog = quiet()
	srv.StartTLS()
	defer srv.Close()
	trust := func(c *Client) *Client {
		c.posts.TLSClientConfig = srv.Client().Transport.(*http.Transport).TLSClientConfig.Clone()
		return c
	}
	through := func(u *url.URL) func(*Config) { return func(cfg *Config) { cfg.Proxy = u } }
	open := connectProxy(t, srv.Listener.Addr().String())

	wants(t, submit(trust(withToken(newClient(t, "https://example.com", through(open))))), Done, ReasonOK)
	if len(posts) != 1 {
		t.Errorf("%d posts through the proxy", len(posts))
	}
	wants(t, submit(trust(withToken(newClient(t, "https://example.com", through(connectProxy(t, "")))))), NotSent, ReasonDial)
	c, s := lateClient(t, "https://example.com", through(open))
	// The clock jumps as the tunnel's socket is ready, and what the proxy is told is not the request.
	wants(t, trust(c).CreateOrder(context.Background(), s), NotSent, ReasonLate)
	if len(posts) != 1 {
		t.Errorf("%d posts after a late one", len(posts))
	}
}

func TestAProxyIsNotAskedForLoopback(t *testing.T) {
	t.Parallel()
	p := newPortal(t, map[string]http.HandlerFunc{savePath: answer(200, goodOrder)})
	wants(t, submit(p.client(t, func(cfg *Config) { cfg.Proxy = connectProxy(t, "") })), Done, ReasonOK)
}

// accept gives a posting's connection and the other end of it.
func accept(t *testing.T, p *posting) (near net.Conn, far net.Conn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	near, err = p.dial(context.Background(), "tcp", l.Addr().String(), time.Second)
	if err != nil {
		t.Fatal(err)
	}
	if far, err = l.Accept(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { near.Close(); far.Close() })
	return near, far
}

func newPosting() *posting {
	return &posting{tooLate: func() bool { return false }, deadline: time.Now().Add(10 * time.Second)}
}

func TestACallThatEndsUnansweredResetsItsConnection(t *testing.T) {
	t.Parallel()
	p := newPosting()
	near, far := accept(t, p)
	p.arm()
	if _, err := near.Write([]byte("x")); err != nil {
		t.Fatal(err)
	}
	if begun, _ := p.over(); !begun {
		t.Error("it forgot its first byte")
	}
	if _, err := io.ReadAll(far); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("the other end saw %v, not a reset", err)
	}
	p = newPosting()
	_, far = accept(t, p)
	p.answered()
	p.over()
	if _, err := io.ReadAll(far); err != nil {
		t.Errorf("after an answer the other end saw %v, not a close", err)
	}
}

func TestNothingIsWrittenAfterTheCallIsOver(t *testing.T) {
	t.Parallel()
	p := newPosting()
	near, far := accept(t, p)
	p.arm()
	if begun, _ := p.over(); begun {
		t.Error("begun without a byte")
	}
	if n, err := near.Write([]byte("x")); n != 0 || !errors.Is(err, errOver) {
		t.Errorf("wrote %d, %v", n, err)
	}
	if b, _ := io.ReadAll(far); len(b) != 0 {
		t.Errorf("the other end got %q", b)
	}
	if _, err := p.dial(context.Background(), "tcp", "127.0.0.1:1", time.Second); !errors.Is(err, errTwice) {
		t.Errorf("a second dial: %v", err)
	}
	// A dial that comes through too late for its call.
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	p = newPosting()
	p.over()
	if _, err := p.dial(context.Background(), "tcp", l.Addr().String(), time.Second); !errors.Is(err, errOver) {
		t.Errorf("a dial after the end: %v", err)
	}
}

func TestTheOrderTransportServesNobodyElse(t *testing.T) {
	t.Parallel()
	c := newClient(t, "http://127.0.0.1:1")
	req, _ := http.NewRequest("GET", "http://127.0.0.1:1", nil)
	if _, err := c.posts.RoundTrip(req); !errors.Is(err, errNoPosting) {
		t.Errorf("got %v", err)
	}
}

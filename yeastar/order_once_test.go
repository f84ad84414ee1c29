package yeastar

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

const orderBody = `{"operationType":"purchase_service","billingId":3197218168379846218}`

func submit(c *Client) Answer {
	return c.CreateOrder(context.Background(), Submission{Body: []byte(orderBody)})
}

func wants(t *testing.T, a Answer, o Outcome, r Reason) {
	t.Helper()
	if a.Outcome != o || a.Reason != r {
		t.Errorf("got %s/%s (%s), want %s/%s", a.Outcome, a.Reason, a.Detail, o, r)
	}
}

// swallow reads one whole request off a bare connection.
func swallow(c net.Conn) *http.Request {
	r, err := http.ReadRequest(bufio.NewReader(c))
	if err != nil {
		return nil
	}
	_, _ = io.Copy(io.Discard, r.Body)
	return r
}

func TestAnOrderIsPostedByteForByte(t *testing.T) {
	t.Parallel()
	p := newPortal(t, map[string]http.HandlerFunc{savePath: answer(200, goodOrder)})
	a := submit(p.client(t))
	wants(t, a, Done, ReasonOK)
	if a.Order.OrderNo != "EK3206246063826526208" || a.Date.IsZero() {
		t.Errorf("got %+v", a)
	}
	requests, bodies := p.requests(savePath)
	if len(requests) != 1 || bodies[0] != orderBody {
		t.Fatalf("got %d requests, %q", len(requests), bodies)
	}
	r := requests[0]
	for name, want := range map[string]string{
		"Content-Type": "application/json", "User-Agent": "OpenAPI", "Authorization": "Bearer access-canary-1",
		"Idempotency-Key": "", "X-Idempotency-Key": "", "Accept-Encoding": "", "Connection": "close",
	} {
		if got := r.Header.Get(name); got != want {
			t.Errorf("header %s is %q, want %q", name, got, want)
		}
	}
	if r.ContentLength != int64(len(orderBody)) || r.Proto != "HTTP/1.1" || r.Method != "POST" {
		t.Errorf("%s %s with length %d", r.Method, r.Proto, r.ContentLength)
	}
}

func TestAnOrderIsNotRepeatedWhateverThePortalAnswers(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		status  int
		body    string
		outcome Outcome
		reason  Reason
	}{
		{301, "", Unknown, ReasonRedirect},
		{307, "", Unknown, ReasonRedirect},
		{308, "", Unknown, ReasonRedirect},
		{401, failure(401, "token_expired"), NotSent, ReasonToken},
		{401, "who are you", Unknown, ReasonBody},
		{429, failure(429, "x"), NotSent, ReasonRate},
		{503, failure(503, "x"), Unknown, ReasonStatus},
		{408, "", Unknown, ReasonStatus},
		{425, "", Unknown, ReasonStatus},
		{200, strings.Repeat("x", 8<<20), Unknown, ReasonBody},
		{200, goodOrder + strings.Repeat(" ", 8<<20), Unknown, ReasonBody},
	} {
		t.Run(fmt.Sprint(c.status, " ", c.reason), func(t *testing.T) {
			t.Parallel()
			elsewhere := "/elsewhere"
			p := newPortal(t, map[string]http.HandlerFunc{elsewhere: answer(200, goodOrder), savePath: func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Location", basePath+elsewhere)
				answer(c.status, c.body)(w, r)
			}})
			client := p.client(t)
			a := submit(client)
			wants(t, a, c.outcome, c.reason)
			if n := p.count(savePath) + p.count(elsewhere); n != 1 {
				t.Errorf("%d requests left", n)
			}
			if len(a.Raw) > MaxAnswer {
				t.Errorf("kept %d bytes", len(a.Raw))
			}
			if _, kept := client.tokens.fresh(client.now()); kept == (c.status == 401) {
				t.Errorf("after %d: token kept is %v", c.status, kept)
			}
		})
	}
}

func TestAnOrderIsNotRepeatedWhateverTheWireDoes(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		serve   func(*net.TCPConn)
		timeout time.Duration
		outcome Outcome
		reason  Reason
	}{
		"reset after the portal read it":  {func(c *net.TCPConn) { swallow(c); _ = c.SetLinger(0) }, 0, Unknown, ReasonBroken},
		"closed after the portal read it": {func(c *net.TCPConn) { swallow(c) }, 0, Unknown, ReasonBroken},
		"half a body": {func(c *net.TCPConn) {
			swallow(c)
			fmt.Fprintf(c, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(goodOrder), goodOrder[:len(goodOrder)-9])
		}, 0, Unknown, ReasonBroken},
		"a whole envelope in half a body": {func(c *net.TCPConn) {
			swallow(c)
			fmt.Fprintf(c, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(goodOrder)+9, goodOrder)
		}, 0, Unknown, ReasonBroken},
		"half a chunk": {func(c *net.TCPConn) {
			swallow(c)
			fmt.Fprintf(c, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfff\r\n%s", goodOrder)
		}, 0, Unknown, ReasonBroken},
		"not HTTP":             {func(c *net.TCPConn) { swallow(c); fmt.Fprint(c, "SSH-2.0-x\r\n\r\n") }, 0, Unknown, ReasonBroken},
		"hang before the head": {func(c *net.TCPConn) { swallow(c); _, _ = c.Read(make([]byte, 1)) }, 200 * time.Millisecond, Unknown, ReasonTimeout},
		"hang in the body": {func(c *net.TCPConn) {
			swallow(c)
			fmt.Fprint(c, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{")
			_, _ = c.Read(make([]byte, 1))
		}, 200 * time.Millisecond, Unknown, ReasonTimeout},
		"only interim answers": {func(c *net.TCPConn) {
			swallow(c)
			fmt.Fprint(c, "HTTP/1.1 103 Early Hints\r\n\r\n")
			_, _ = c.Read(make([]byte, 1))
		}, 200 * time.Millisecond, Unknown, ReasonTimeout},
		"another protocol, whose body never ends": {func(c *net.TCPConn) {
			swallow(c)
			fmt.Fprint(c, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n")
			_, _ = c.Read(make([]byte, 1))
		}, 0, Unknown, ReasonStatus},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWire(t, c.serve)
			client := withToken(newClient(t, w.url(), func(cfg *Config) {
				if c.timeout != 0 {
					cfg.CallTimeout = c.timeout
				}
			}))
			wants(t, submit(client), c.outcome, c.reason)
			if n := w.connections(); n != 1 {
				t.Errorf("%d connections for one order", n)
			}
		})
	}
}

// net/http repeats on a connection it used before, if that dies. So no order may find one.
func TestEveryOrderHasAConnectionOfItsOwn(t *testing.T) {
	t.Parallel()
	w := newWire(t, func(c *net.TCPConn) {
		for swallow(c) != nil {
			fmt.Fprintf(c, "HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nContent-Length: %d\r\n\r\n%s", len(goodOrder), goodOrder)
		}
	})
	client := withToken(newClient(t, w.url()))
	for range 3 {
		wants(t, submit(client), Done, ReasonOK)
	}
	if n := w.connections(); n != 3 {
		t.Errorf("%d connections for three orders", n)
	}
}

func TestARefusedDialIsNotSent(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	a := submit(withToken(newClient(t, "http://"+l.Addr().String())))
	wants(t, a, NotSent, ReasonDial)
	if a.Connected {
		t.Error("it claims a connection")
	}
}

func TestACancelWhileDialingIsNotSent(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(context.Background())
	client := withToken(newClient(t, "http://127.0.0.1:1"))
	client.posts.DialContext = func(dial context.Context, _, _ string) (net.Conn, error) {
		cancel()
		<-dial.Done()
		return nil, dial.Err()
	}
	wants(t, client.CreateOrder(ctx, Submission{}), NotSent, ReasonCancelled)
}

func TestACancelAfterThePortalReadItIsUnknown(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(context.Background())
	w := newWire(t, func(c *net.TCPConn) {
		swallow(c)
		cancel()
		_, _ = c.Read(make([]byte, 1))
	})
	a := withToken(newClient(t, w.url())).CreateOrder(ctx, Submission{Body: []byte(orderBody)})
	wants(t, a, Unknown, ReasonCancelled)
	if !a.Connected {
		t.Error("it denies its connection")
	}
}

// struck is a context whose deadline strikes when it is told to.
type struck struct {
	context.Context
	done chan struct{}
}

func (s struck) Done() <-chan struct{} { return s.done }

func (s struck) Err() error {
	select {
	case <-s.done:
		return context.DeadlineExceeded
	default:
		return nil
	}
}

// A caller's deadline that strikes while the portal is silent counts against the portal.
func TestACallersDeadlineIsTheSilenceOfThePortal(t *testing.T) {
	t.Parallel()
	ctx := struck{context.Background(), make(chan struct{})}
	w := newWire(t, func(c *net.TCPConn) { swallow(c); close(ctx.done); _, _ = c.Read(make([]byte, 1)) })
	wants(t, withToken(newClient(t, w.url())).CreateOrder(ctx, Submission{Body: []byte(orderBody)}), Unknown, ReasonTimeout)
}

// GetBody is what net/http would need to send a body again.
func TestARequestsBodyCannotBeHadTwice(t *testing.T) {
	t.Parallel()
	req, err := newClient(t, "http://127.0.0.1:1").httpRequest(context.Background(), request{method: "POST", path: savePath, body: []byte(orderBody)}, token{})
	if err != nil || req.GetBody != nil || req.ContentLength != int64(len(orderBody)) {
		t.Errorf("GetBody is there: %v, length %d, %v", req.GetBody != nil, req.ContentLength, err)
	}
}

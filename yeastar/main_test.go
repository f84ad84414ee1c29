package yeastar

import (
	"fmt"
	"io"
	"log"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	testSecret = "canary-secret/+of the client"
	goodOrder  = `{"code":"success","detailMessage":"","requestId":"8406e859b03831528275667afc5646ba","result":{"instanceId":"1282352","orderNo":"EK3206246063826526208","orderStatus":"succeed","productNo":"3658B431119665QJ","transactionNo":"ER3206246064703135745"},"status":200}`
	savePath   = "/order/openapi/order/v1/save"
	tokenPath  = "/auth/openapi/v1/oauth/token"
	listPath   = "/product/openapi/instance_product/v1/client/instance_product_list"
)

// success wraps a result in the portal's envelope.
func success(result string) string {
	return `{"code":"success","detailMessage":"","requestId":"r1","result":` + result + `,"status":200}`
}

func failure(status int, code string) string {
	return fmt.Sprintf(`{"code":%q,"detailMessage":"because","requestId":"r2","result":{},"status":%d}`, code, status)
}

func answer(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

// portal is a server under a base path; it answers token calls with access-canary-1, -2, … and everything
// else as told. It keeps what it was asked.
type portal struct {
	*httptest.Server
	mu     sync.Mutex
	routes map[string]http.HandlerFunc
	seen   []*http.Request
	bodies []string
	tokens int
	life   string // expiresIn, as JSON
}

const basePath = "/portal/x"

func newPortal(t *testing.T, routes map[string]http.HandlerFunc) *portal {
	t.Helper()
	p := &portal{routes: maps.Clone(routes), life: `"1800"`}
	if p.routes == nil {
		p.routes = map[string]http.HandlerFunc{}
	}
	p.Server = httptest.NewServer(p)
	t.Cleanup(p.Close)
	return p
}

func (p *portal) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	path := strings.TrimPrefix(r.URL.Path, basePath)
	p.mu.Lock()
	p.seen = append(p.seen, r)
	p.bodies = append(p.bodies, string(body))
	h := p.routes[path]
	n := p.tokens
	if path == tokenPath && h == nil {
		p.tokens++
		n = p.tokens
	}
	life := p.life
	p.mu.Unlock()
	switch {
	case !strings.HasPrefix(r.URL.Path, basePath):
		http.Error(w, "the base path was lost", http.StatusTeapot)
	case h != nil:
		h(w, r)
	case path == tokenPath:
		fmt.Fprint(w, success(fmt.Sprintf(`{"expiresIn":%s,"refreshToken":"refresh-canary-%d","token":"access-canary-%d","tokenHead":"Bearer"}`, life, n, n)))
	default:
		http.Error(w, "not here", http.StatusTeapot)
	}
}

// route answers a path by h from now on.
func (p *portal) route(path string, h http.HandlerFunc) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.routes[path] = h
}

// requests gives what was asked of a path.
func (p *portal) requests(path string) (requests []*http.Request, bodies []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i, r := range p.seen {
		if strings.TrimPrefix(r.URL.Path, basePath) == path {
			requests, bodies = append(requests, r), append(bodies, p.bodies[i])
		}
	}
	return requests, bodies
}

func (p *portal) count(path string) int {
	r, _ := p.requests(path)
	return len(r)
}

func (p *portal) client(t *testing.T, change ...func(*Config)) *Client {
	t.Helper()
	return newClient(t, p.URL+basePath, change...)
}

func newClient(t *testing.T, base string, change ...func(*Config)) *Client {
	t.Helper()
	cfg := Config{BaseURL: base, ClientID: "id", ClientSecret: testSecret, CallTimeout: 10 * time.Second}
	for _, f := range change {
		f(&cfg)
	}
	c, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// withToken puts a token at hand, so that the next call makes no token call.
func withToken(c *Client) *Client {
	c.tokens.current = token{access: "access-canary-0", refresh: "refresh-canary-0", head: "Bearer", renewAt: c.now().Add(time.Hour)}
	return c
}

// wire is a portal on a bare listener: it counts connections, and hands each to serve.
type wire struct {
	net.Listener
	mu    sync.Mutex
	conns int
	wg    sync.WaitGroup
}

func newWire(t *testing.T, serve func(c *net.TCPConn)) *wire {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{Listener: l}
	w.wg.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			w.mu.Lock()
			w.conns++
			w.mu.Unlock()
			w.wg.Go(func() {
				defer c.Close()
				serve(c.(*net.TCPConn))
			})
		}
	})
	t.Cleanup(func() {
		l.Close()
		w.wg.Wait()
	})
	return w
}

func (w *wire) url() string { return "http://" + w.Addr().String() }

func (w *wire) connections() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.conns
}

// quiet is for servers whose complaints are what a test is about.
func quiet() *log.Logger { return log.New(io.Discard, "", 0) }

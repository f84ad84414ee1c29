package resolve

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"orderq/tasks"
	"orderq/yeastar"
	"orderq/yeastar/yeastartest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func connect(t *testing.T, url, id, secret string) *yeastar.Client {
	t.Helper()
	c, err := yeastar.New(yeastar.Config{BaseURL: url, ClientID: id, ClientSecret: yeastar.Secret(secret), CallTimeout: 10 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// simulated is the simulator with a client.
func simulated(t *testing.T, o yeastartest.Options) (*yeastartest.Server, *yeastar.Client) {
	t.Helper()
	portal := yeastartest.Start(o)
	t.Cleanup(portal.Close)
	return portal, connect(t, portal.URL(), portal.ClientID(), portal.ClientSecret())
}

// clock stands still until it is moved.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// shelf is a portal that shows what a test puts on it, of one plan, one contact and PBXs that change.
type shelf struct {
	mu    sync.Mutex
	pbxs  map[string]map[string]any // rows and details alike, by serial number
	calls map[string]int
	hold  chan struct{} // not nil: the product list waits for it
	begun chan struct{} // told when the product list is asked for
	bare  bool          // rows show serial numbers alone

	silent bool // details show serial numbers alone
}

func newShelf(t *testing.T, pbxs map[string]map[string]any) (*shelf, *yeastar.Client) {
	t.Helper()
	s := &shelf{pbxs: pbxs, calls: map[string]int{}, begun: make(chan struct{}, 100)}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	return s, connect(t, server.URL, "id", "secret")
}

func (s *shelf) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name := r.URL.Path[strings.LastIndex(r.URL.Path, "/")+1:]
	s.mu.Lock()
	s.calls[name]++
	hold := s.hold
	s.mu.Unlock()
	if name == "instance_product_list" {
		select {
		case s.begun <- struct{}{}:
		default:
		}
		if hold != nil {
			<-hold
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var result any
	switch name {
	case "token":
		result = map[string]any{"token": "t", "tokenHead": "Bearer", "expiresIn": "1800", "refreshToken": "r"}
	case "instance_product_list":
		rows := []any{}
		for no, pbx := range s.pbxs {
			if s.bare {
				pbx = map[string]any{"productNo": no}
			}
			rows = append(rows, pbx)
		}
		result = map[string]any{"count": len(rows), "pageNo": 1, "pageSize": 100, "results": rows, "total": len(rows), "totalPage": 1}
	case "detail":
		no := r.URL.Query().Get("productNo")
		result = s.pbxs[no]
		if s.silent {
			result = map[string]any{"productNo": no}
		}
	case "purchase_product_info":
		result = map[string]any{"offeringId": "1", "plans": []any{map[string]any{"planId": "11", "planName": "Enterprise Plan", "services": []any{
			map[string]any{"serviceId": "21", "serviceName": "Extension Expansion", "purchaseType": "purchase"},
			map[string]any{"serviceId": "22", "serviceName": "Recording Minutes", "purchaseType": "purchase"},
			map[string]any{"serviceId": "23", "serviceName": "High Availability", "purchaseType": "purchase"},
		}}}}
	case "billing_contact_list":
		result = []any{map[string]any{"billingContactId": "31", "emailAddress": "billing@example.com"}}
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"code": "success", "detailMessage": "", "requestId": "1", "result": result, "status": 200})
}

func (s *shelf) change(no, field string, value any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.pbxs[no] == nil {
		s.pbxs[no] = map[string]any{"productNo": no}
	}
	s.pbxs[no][field] = value
}

func (s *shelf) called(name string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.calls[name]
}

// onePBX has ABCD1 on the Enterprise Plan.
func onePBX(cycle string, extensions int) map[string]map[string]any {
	return map[string]map[string]any{"ABCD1": {"productNo": "ABCD1", "planId": "11", "planName": "Enterprise Plan", "billingCycle": cycle, "extensions": extensions}}
}

func minutes(no string) tasks.Intent {
	return tasks.Intent{Reference: "r", Kind: "add_recording_minutes", ProductNo: no, Quantity: 1000}
}

func extensions(no string, n int) tasks.Intent {
	return tasks.Intent{Reference: "r", Kind: "expand_extensions", ProductNo: no, Quantity: n}
}

func availability(no string) tasks.Intent {
	return tasks.Intent{Reference: "r", Kind: "subscribe_ha", ProductNo: no}
}

// refused gives the Refusal in err.
func refused(t *testing.T, err error) *Refusal {
	t.Helper()
	var r *Refusal
	if !errors.As(err, &r) {
		t.Fatalf("want a Refusal, got %T: %v", err, err)
	}
	return r
}

package yeastartest

import (
	"encoding/binary"
	"encoding/hex"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// The words for the portal's calls, in Ledger.Calls and FailCalls.
const (
	CallToken        = "token"
	CallProducts     = "product list"
	CallProduct      = "product details"
	CallOffering     = "purchase product info"
	CallContacts     = "billing contacts"
	CallSubscribable = "subscribable products"
	CallCreate       = "create order"
	CallOrders       = "order list"
	CallOrder        = "order details"
)

// detailsPath is followed by the id or order number.
const detailsPath = "/order/openapi/order/v1/get/"

// route is one call of the portal.
type route struct {
	call   string
	method string
	serve  func(x *exchange)
}

// exchange is one call being served.
type exchange struct {
	w         http.ResponseWriter
	r         *http.Request
	call      string
	requestID string
	serial    int          // the how many-th call of its kind, from 1
	tail      string       // what follows detailsPath
	body      []byte       // of create order
	order     orderBody    // what body says
	malformed *reply       // why it does not
	nth       int          // the how many-th create order with this poNumber, from 1
	stranger  *LedgerOrder // what somebody else ordered beside it
}

func (s *Server) paths() map[string]route {
	read := func(call string, answer func(q url.Values, tail string) reply) route {
		return route{call, http.MethodGet, func(x *exchange) {
			f := s.fateOfRead(x)
			right := answer(x.r.URL.Query(), x.tail)
			s.log.settle()
			s.play(x, f, right)
		}}
	}
	return map[string]route{
		"/auth/openapi/v1/oauth/token": {CallToken, http.MethodPost, func(x *exchange) {
			if f := s.fateOfRead(x); f != "" {
				s.play(x, f, failure(http.StatusInternalServerError, "internal_error", "no token now"))
				return
			}
			s.answer(x, s.grant(x))
		}},
		"/product/openapi/instance_product/v1/client/instance_product_list": read(CallProducts, s.productList),
		"/product/openapi/instance_product/v1/detail":                       read(CallProduct, s.productDetails),
		"/pricing/openapi/purchase/v1/product_list":                         read(CallSubscribable, s.subscribable),
		"/pricing/openapi/purchase/v1/purchase_product_info":                read(CallOffering, s.purchaseInfo),
		"/user/openapi/user/v1/client/billing_contact_list":                 read(CallContacts, s.billingContacts),
		"/order/openapi/order/v1/page":                                      read(CallOrders, s.orderList),
		detailsPath:                                                         read(CallOrder, s.orderDetails),
		"/order/openapi/order/v1/save":                                      {CallCreate, http.MethodPost, s.createOrder},
	}
}

// ServeHTTP serves one call of the portal, or one that steers it.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	below, inside := strings.CutPrefix(r.URL.Path, s.opt.BasePath)
	if steered := s.steer(w, r, below); steered {
		return
	}
	x := &exchange{w: w, r: r}
	if i := len(detailsPath); len(below) > i && below[:i] == detailsPath {
		below, x.tail = detailsPath, below[i:]
	}
	to, known := s.routes[below]
	x.call = to.call
	unread := s.enter(to.call)
	defer s.leave()
	whole := to.call != CallCreate || !unread && s.readOrder(x)
	down, latency, refusal := s.arrive(x, known && inside)
	s.log.request(s.opt.Now(), x, down)
	if unread && s.pause(latency) {
		s.sever(x, true)
		return
	}
	if !whole || !s.pause(latency) || down {
		s.cut(x) // not whole: there is nobody left to answer
		return
	}
	switch {
	case !known || !inside:
		s.answer(x, failure(http.StatusNotFound, "not_found", "no such path: %s", r.URL.Path))
	case r.Method != to.method:
		s.answer(x, failure(http.StatusMethodNotAllowed, "method_not_allowed", "%s takes %s", r.URL.Path, to.method))
	case refusal != nil:
		s.answer(x, *refusal)
	default:
		to.serve(x)
	}
}

// arrive counts a call and says what meets it at the door.
func (s *Server) arrive(x *exchange, known bool) (down bool, latency time.Duration, refusal *reply) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen.count(x, known, s.down)
	x.requestID = requestID(die(s.opt.Seed), s.seen.total)
	switch {
	case x.r.UserAgent() == "":
		missing := refuse(http.StatusBadRequest, "parameter_validation_failed", "User-Agent", "required", "missing header")
		refusal = &missing
	case x.call != CallToken:
		refusal = s.unauthorized(x.r)
	}
	s.wake()
	return s.down || s.shut, s.opt.Latency, refusal
}

// enter begins a call; true: it is to be reset with its body unread.
func (s *Server) enter(call string) (unread bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.active++
	return call == CallCreate && s.unreadLocked()
}

func (s *Server) leave() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.active--
	s.wake()
}

// pause waits out the latency; false when the server was closed meanwhile.
func (s *Server) pause(d time.Duration) bool {
	if d <= 0 {
		return true
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-s.closed:
		return false
	}
}

// requestID gives 32 hexadecimal digits, as the samples show.
func requestID(d die, n int) string {
	var raw [16]byte
	binary.BigEndian.PutUint64(raw[:8], d.roll("request", n))
	binary.BigEndian.PutUint64(raw[8:], d.roll("request id", n))
	return hex.EncodeToString(raw[:])
}

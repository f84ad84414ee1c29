package yeastartest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"orderq/yeastar"
)

// SetEcho changes where poNumber is shown, of all orders.
func (s *Server) SetEcho(e EchoMode) { s.adjust(func(o *Options) { o.Echo = e }) }

// SetEchoForm changes what a poNumber looks like where it is shown, of all orders.
func (s *Server) SetEchoForm(f EchoForm) { s.adjust(func(o *Options) { o.EchoForm = f }) }

// SetEchoCut changes how many characters of a poNumber are shown, of all orders; 0: all.
func (s *Server) SetEchoCut(n int) { s.adjust(func(o *Options) { o.EchoCut = n }) }

// SetFieldNames changes the names in the order list and in details.
func (s *Server) SetFieldNames(f FieldNames) { s.adjust(func(o *Options) { o.FieldNames = f }) }

// SetCapacity changes where a PBX's plan, cycle and extensions are shown.
func (s *Server) SetCapacity(c Shows) { s.adjust(func(o *Options) { o.Capacity = c }) }

// FreezeExtensions lets the product list and details go on showing the extensions that there are now, whatever is
// ordered meanwhile, until thaw is called: a portal whose pages lag behind its orders.
func (s *Server) FreezeExtensions() (thaw func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.frozen = map[string]int{}
	for _, p := range s.pbxs {
		s.frozen[p.ProductNo] = p.Extensions
	}
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.frozen = nil
	}
}

// SetListLag changes how long an order stays out of the list.
func (s *Server) SetListLag(d time.Duration) { s.adjust(func(o *Options) { o.ListLag = d }) }

// SetListOrder changes the order of the list.
func (s *Server) SetListOrder(l ListOrder) { s.adjust(func(o *Options) { o.ListOrder = l }) }

// SetListTwice changes the share of orders that are two rows, SetPageShift that of page turns at which somebody
// orders, SetStrangers that of create-order calls beside which somebody does: 0 to 1 each.
func (s *Server) SetListTwice(share float64) { s.adjust(func(o *Options) { o.ListTwice = share }) }
func (s *Server) SetPageShift(share float64) { s.adjust(func(o *Options) { o.PageShift = share }) }
func (s *Server) SetStrangers(share float64) { s.adjust(func(o *Options) { o.Strangers = share }) }

// SetLatency changes the latency of calls that arrive from now on.
func (s *Server) SetLatency(d time.Duration) { s.adjust(func(o *Options) { o.Latency = d }) }

// adjust panics where the options cannot be, as New does.
func (s *Server) adjust(change func(*Options)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	try := s.opt
	change(&try)
	if err := try.validate(); err != nil {
		panic(err)
	}
	change(&s.opt) // that one field: those that never change are read without the mutex
}

// command is the body of POST /_faults.
type command struct {
	Fault     Fault  `json:"fault"`
	Times     *int   `json:"times"`     // absent: 1; negative: for ever
	ProductNo string `json:"productNo"` // only orders of this PBX
	Call      string `json:"call"`      // absent: create order; "reads": every read; else a call's word
}

// steer serves the paths that are no part of the portal; false for all others.
func (s *Server) steer(w http.ResponseWriter, r *http.Request, path string) bool {
	var method string
	var run func() error
	switch path {
	case "/_ledger":
		method = http.MethodGet
	case "/_faults":
		method, run = http.MethodPost, func() error { return s.steerFault(w, r) }
	case "/_place":
		method, run = http.MethodPost, func() error { return s.steerPlace(w, r) }
	case "/_heal":
		method, run = http.MethodPost, func() error { s.Heal(); return nil }
	case "/_down":
		method, run = http.MethodPost, func() error { s.Down(true); return nil }
	default:
		return false
	}
	w.Header().Set("Content-Type", "application/json")
	encode := json.NewEncoder(w)
	if r.Method != method {
		w.Header().Set("Allow", method)
		w.WriteHeader(http.StatusMethodNotAllowed)
		encode.Encode(map[string]string{"error": path + " takes " + method})
		return true
	}
	if run == nil {
		l := s.Ledger()
		s.log.settle()
		encode.Encode(l)
		return true
	}
	if err := run(); err != nil {
		w.WriteHeader(http.StatusBadRequest)
		encode.Encode(map[string]string{"error": err.Error()})
		return true
	}
	encode.Encode(map[string]bool{"ok": true})
	return true
}

// steerPlace is Place for other processes.
func (s *Server) steerPlace(w http.ResponseWriter, r *http.Request) error {
	var o struct {
		ProductNo string     `json:"productNo"`
		ServiceID yeastar.ID `json:"serviceId"` // a number or a string of digits
		Quantity  int        `json:"quantity"`
		PONumber  string     `json:"poNumber"`
	}
	d := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody))
	d.DisallowUnknownFields()
	if err := d.Decode(&o); err != nil {
		return fmt.Errorf(`body: %w: send {"productNo":"…","serviceId":"…","quantity":1,"poNumber":""}`, err)
	}
	if s.pbxByNo[o.ProductNo] == nil || serviceName(o.ServiceID) == "" || o.Quantity < 1 {
		return fmt.Errorf("no PBX %q, no service %q, or no quantity %d from 1", o.ProductNo, o.ServiceID, o.Quantity)
	}
	s.Place(o.ProductNo, o.ServiceID, o.Quantity, o.PONumber)
	return nil
}

func (s *Server) steerFault(w http.ResponseWriter, r *http.Request) error {
	var c command
	d := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody))
	d.DisallowUnknownFields()
	if err := d.Decode(&c); err != nil {
		return fmt.Errorf(`body: %w: send {"fault":"drop_after","times":1,"productNo":""}`, err)
	}
	if err := c.Fault.check(); err != nil {
		return err
	}
	times := 1
	if c.Times != nil {
		times = *c.Times
	}
	switch c.Call {
	case "", CallCreate:
		s.FailOn(c.ProductNo, c.Fault, times) // for "" it is Fail
	case "reads":
		s.FailReads(c.Fault, times)
	case CallToken, CallProducts, CallProduct, CallOffering, CallContacts, CallSubscribable, CallOrders, CallOrder:
		s.FailCalls(c.Call, c.Fault, times)
	default:
		return fmt.Errorf("call %q: leave it out for create order, or use reads, or a word of the ledger's calls", c.Call)
	}
	return nil
}

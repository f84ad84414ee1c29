package yeastartest

import (
	"errors"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// Server is the portal. All of its state stands under one mutex, which is never held while anything waits.
type Server struct {
	opt    Options
	url    string            // "" unless Start made it
	own    *http.Server      // nil unless Start made it
	served chan struct{}     // closed when own has stopped accepting
	offset atomic.Int64      // of the portal's clock, in nanoseconds
	closed chan struct{}     // closed by Close
	routes map[string]route  // by path below BasePath
	plays  map[Fault]conduct // never changed
	log    *journal          // nil: none

	mu       sync.Mutex
	shut     bool          // Close was called: nothing is committed any more
	active   int           // calls being served
	changed  chan struct{} // closed at the next change; nil while nobody waits
	down     bool
	tokens   tokens
	pbxs     []*PBX
	pbxByNo  map[string]*PBX
	frozen   map[string]int // extensions that are shown instead of what there is, by serial number; nil: none are
	contacts []contact
	orders   orderBook
	rules    []rule          // commanded faults
	chances  []chance        // faults by probability
	unread   float64         // that of UnreadBefore
	knocks   int             // create-order calls that came to the door
	turns    int             // order-list calls for another page than the first
	wanted   map[string]bool // the PBXs that create-order calls were for, by serial number
	healed   chan struct{}   // closed and renewed by Heal
	hanging  int             // calls that hang now
	gate     hold
	seen     sightings
	script   tutorials
}

// New makes a portal to be used as an http.Handler. It panics on options that cannot be.
func New(o Options) *Server {
	s, err := Resume(o, Past{})
	if err != nil {
		panic(err)
	}
	return s
}

// build makes a portal without orders.
func build(o Options) *Server {
	s := &Server{
		opt:      o,
		closed:   make(chan struct{}),
		healed:   make(chan struct{}),
		chances:  chancesOf(o.Faults),
		unread:   o.Faults[UnreadBefore],
		wanted:   map[string]bool{},
		plays:    conducts(),
		tokens:   tokens{access: map[string]time.Time{}, refresh: map[string]time.Time{}},
		pbxs:     seedPBXs(o),
		pbxByNo:  make(map[string]*PBX, o.PBXs),
		contacts: seedContacts(o.SingleContact),
		seen:     newSightings(o.maxKeptBodies),
		log:      newJournal(o.Journal),
	}
	for _, p := range s.pbxs {
		s.pbxByNo[p.ProductNo] = p
	}
	s.offset.Store(int64(o.ClockOffset))
	s.orders = newOrderBook(die(o.Seed))
	s.routes = s.paths()
	return s
}

// Start makes a portal that listens on a free port of 127.0.0.1, at URL, until Close.
func Start(o Options) *Server {
	s := New(o)
	s.listen()
	return s
}

func (s *Server) listen() {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		panic("yeastartest: no port on 127.0.0.1: " + err.Error())
	}
	s.url = "http://" + l.Addr().String() + s.opt.BasePath
	s.own = &http.Server{Handler: s, ReadHeaderTimeout: 10 * time.Second}
	s.served = make(chan struct{})
	go func() {
		defer close(s.served)
		if err := s.own.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			panic("yeastartest: " + err.Error()) // the listener is ours alone
		}
	}()
}

// URL is the base URL to give a client, with the base path; "" unless Start made the server.
func (s *Server) URL() string { return s.url }

// ClientID and ClientSecret are the credentials it knows.
func (s *Server) ClientID() string     { return s.opt.ClientID }
func (s *Server) ClientSecret() string { return s.opt.ClientSecret }

// Close ends every call that hangs or is held, without an order. After it the ledger does not change. A
// server made by Start serves no call any more when Close returns. It may be called again.
func (s *Server) Close() {
	s.mu.Lock()
	if !s.shut {
		s.shut = true
		close(s.closed)
	}
	s.mu.Unlock()
	if s.own == nil {
		return // whoever serves it closes its connections
	}
	s.own.Close()
	<-s.served
	s.mu.Lock()
	defer s.mu.Unlock()
	s.waitLocked(nil, func() bool { return s.active == 0 })
}

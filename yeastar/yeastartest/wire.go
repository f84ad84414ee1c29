package yeastartest

import (
	"net"
	"net/http"
	"strconv"
)

// answer writes a reply as it should be.
func (s *Server) answer(x *exchange, p reply) {
	status := p.http
	if status == 0 {
		status = p.status
	}
	h := x.w.Header()
	if p.retryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(p.retryAfter))
	}
	s.write(x, status, "application/json;charset=UTF-8", p.body(x.requestID))
}

// write sends an answer whose Date is the portal's clock.
func (s *Server) write(x *exchange, status int, contentType string, body []byte) {
	s.head(x, status, contentType, len(body))
	x.w.Write(body) // a client that is gone is its own affair
}

// endless is the length of a body that net/http sends in chunks.
const endless = -1

func (s *Server) head(x *exchange, status int, contentType string, length int) {
	h := x.w.Header()
	h.Set("Content-Type", contentType)
	if length != endless {
		h.Set("Content-Length", strconv.Itoa(length))
	}
	h.Set("Date", s.clock().UTC().Format(http.TimeFormat))
	x.w.WriteHeader(status)
}

// play answers as the fault has it; "" is no fault.
func (s *Server) play(x *exchange, f Fault, right reply) {
	if f == "" {
		s.answer(x, right)
		return
	}
	s.plays[f].play(s, x, right)
}

// cut closes the connection without another byte: with RST or FIN, by seed.
func (s *Server) cut(x *exchange) {
	s.sever(x, die(s.opt.Seed).roll("cut", x.serial)&1 == 0)
}

// sever closes the connection with RST, or else with FIN.
func (s *Server) sever(x *exchange, rst bool) {
	if conn := hijack(x.w); conn != nil {
		if rst {
			reset(conn)
		}
		conn.Close()
		return
	}
	panic(http.ErrAbortHandler) // HTTP/2, or a recorder: net/http ends the call without an answer
}

// hijack takes the connection from net/http, nil where it cannot be had.
func hijack(w http.ResponseWriter) net.Conn {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return nil
	}
	return conn
}

// reset makes the next Close send RST, through TLS too.
func reset(conn net.Conn) {
	if wrapped, is := conn.(interface{ NetConn() net.Conn }); is {
		conn = wrapped.NetConn()
	}
	if tcp, is := conn.(*net.TCPConn); is {
		tcp.SetLinger(0)
	}
}

// hang waits until the client is gone, Heal or Close.
func (s *Server) hang(x *exchange) {
	s.mu.Lock()
	s.hanging++
	healed := s.healed
	s.wake()
	s.mu.Unlock()
	select {
	case <-x.r.Context().Done():
	case <-healed:
	case <-s.closed:
	}
	s.mu.Lock()
	s.hanging--
	s.wake()
	s.mu.Unlock()
}

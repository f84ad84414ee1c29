package yeastartest

import (
	"fmt"
	"net/http"
	"time"
)

// Each play answers one call wrongly; right is what a healthy portal would have answered, and right.order
// the order that stands behind it, if one was made.

func playDrop(s *Server, x *exchange, _ reply) { s.cut(x) }

func playReset(s *Server, x *exchange, _ reply) { s.sever(x, true) }

func playClose(s *Server, x *exchange, _ reply) { s.sever(x, false) }

func playHang(s *Server, x *exchange, _ reply) {
	s.hang(x)
	s.cut(x)
}

func playFailure(status int, code string) func(*Server, *exchange, reply) {
	return func(s *Server, x *exchange, _ reply) {
		s.answer(x, failure(status, code, "simulated %d", status))
	}
}

func playTooMany(s *Server, x *exchange, _ reply) {
	p := failure(http.StatusTooManyRequests, "too_many_requests", "simulated 429")
	p.retryAfter = int((s.opt.RetryAfter + time.Second - 1) / time.Second)
	s.answer(x, p)
}

func playRefusal(s *Server, x *exchange, _ reply) {
	s.answer(x, invalid("serviceList", "simulated", "simulated refusal"))
}

func playGateway(status int) func(*Server, *exchange, reply) {
	return func(s *Server, x *exchange, _ reply) {
		title := fmt.Sprintf("%d %s", status, http.StatusText(status))
		s.write(x, status, "text/html", []byte("<html>\r\n<head><title>"+title+"</title></head>\r\n<body><center><h1>"+title+"</h1></center></body>\r\n</html>\r\n"))
	}
}

func playRedirect(status int) func(*Server, *exchange, reply) {
	return func(s *Server, x *exchange, _ reply) {
		x.w.Header().Set("Location", x.r.URL.Path+"?again=1")
		s.write(x, status, "text/plain", nil)
	}
}

func playGarbage(s *Server, x *exchange, _ reply) {
	s.write(x, http.StatusOK, "application/json", []byte("\x00\xff\xfe{\"code\":\"succ\x80"))
}

func playHTML(s *Server, x *exchange, _ reply) {
	s.write(x, http.StatusOK, "text/html", []byte("<!doctype html><title>Sign in</title><form method=post></form>"))
}

func playEmpty(s *Server, x *exchange, _ reply) { s.write(x, http.StatusOK, "application/json", nil) }

func playCutJSON(s *Server, x *exchange, right reply) {
	body := right.body(x.requestID)
	s.write(x, http.StatusOK, "application/json", body[:len(body)/2])
}

func playHalf(s *Server, x *exchange, right reply) {
	body := right.body(x.requestID)
	s.head(x, http.StatusOK, "application/json", len(body))
	x.w.Write(body[:len(body)/2])
	http.NewResponseController(x.w).Flush()
	panic(http.ErrAbortHandler) // net/http closes the connection: the other half never comes
}

func playHeader(s *Server, x *exchange, _ reply) {
	if conn := hijack(x.w); conn != nil {
		conn.Write([]byte("HTTP/1.1 200 OK\r\nContent-Type: application/js"))
		conn.Close()
		return
	}
	panic(http.ErrAbortHandler)
}

func playDrip(s *Server, x *exchange, right reply) {
	body := right.body(x.requestID)
	s.head(x, http.StatusOK, "application/json", len(body))
	flusher := http.NewResponseController(x.w)
	tick := time.NewTicker(s.opt.DripEvery)
	defer tick.Stop()
	for i := range body {
		if _, err := x.w.Write(body[i : i+1]); err != nil || flusher.Flush() != nil {
			return
		}
		select {
		case <-tick.C:
		case <-x.r.Context().Done():
			return
		case <-s.closed:
			return
		}
	}
}

func playNoNumber(s *Server, x *exchange, right reply) {
	right.result = []byte("{}")
	if right.order != nil {
		right.result = right.order.result("")
	}
	s.answer(x, right)
}

func playWrongType(s *Server, x *exchange, right reply) {
	right.result = []byte(`"unexpected"`)
	if right.order != nil {
		right.result = right.order.result(right.order.OrderNo[2:])
	}
	s.answer(x, right)
}

func playTwice(s *Server, x *exchange, right reply) {
	body := right.body(x.requestID)
	s.write(x, http.StatusOK, "application/json", append(body[:len(body)-1], `,"code":"system_busy"}`...))
}

func playFailCode(s *Server, x *exchange, _ reply) {
	s.answer(x, failure(http.StatusOK, "system_busy", "simulated failure code"))
}

func playDisagree(s *Server, x *exchange, right reply) {
	right.http, right.status = http.StatusOK, http.StatusInternalServerError
	s.answer(x, right)
}

func playDisagree502(s *Server, x *exchange, _ reply) {
	p := invalid("serviceList", "simulated", "simulated refusal behind a failing gateway")
	p.http = http.StatusBadGateway
	s.answer(x, p)
}

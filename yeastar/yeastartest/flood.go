package yeastartest

import (
	"bytes"
	"compress/gzip"
	"net/http"
)

// Answers that are far too large. The right one is somewhere in them: a client that reads on and on would
// find it, at the price of its memory.

// around gives what stands in front of and behind the padding, which is the envelope's detailMessage.
func around(x *exchange, right reply) (before, after []byte) {
	right.message = "\x00" // six bytes as JSON, where the padding goes
	before, after, _ = bytes.Cut(right.body(x.requestID), []byte(`\u0000`))
	return before, after
}

func padding(size int) []byte { return bytes.Repeat([]byte("x"), size) }

func playBig(s *Server, x *exchange, right reply) {
	before, after := around(x, right)
	piece := padding(64 << 10)
	rounds := s.opt.bigAnswerBytes / len(piece)
	s.head(x, http.StatusOK, "application/json", len(before)+rounds*len(piece)+len(after))
	x.w.Write(before)
	for range rounds {
		if _, err := x.w.Write(piece); err != nil {
			return
		}
	}
	x.w.Write(after)
}

// playEndless goes on until the client is gone, Heal or Close.
func playEndless(s *Server, x *exchange, right reply) {
	s.mu.Lock()
	healed := s.healed
	s.mu.Unlock()
	before, _ := around(x, right)
	s.head(x, http.StatusOK, "application/json", endless)
	x.w.Write(before)
	for piece := padding(64 << 10); ; {
		if _, err := x.w.Write(piece); err != nil {
			return
		}
		select {
		case <-x.r.Context().Done():
		case <-healed:
		case <-s.closed:
		default:
			continue
		}
		panic(http.ErrAbortHandler) // no last chunk: the answer has no end
	}
}

// playBomb sends gzip's members one after the other, which is one text: the padding is packed once and sent
// many times.
func playBomb(s *Server, x *exchange, right reply) {
	const mebibyte = 1 << 20
	before, after := around(x, right)
	body := append(packed(before), bytes.Repeat(packed(padding(mebibyte)), s.opt.bigAnswerBytes/mebibyte)...)
	body = append(body, packed(after)...)
	x.w.Header().Set("Content-Encoding", "gzip")
	s.write(x, http.StatusOK, "application/json", body)
}

func packed(text []byte) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	z.Write(text) // a buffer takes everything
	z.Close()
	return b.Bytes()
}

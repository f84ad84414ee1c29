package remote

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"time"

	"orderq/cmd/internal/api"
	"orderq/cmd/internal/office"
)

const (
	// mostLines and mostBytes bound a request of many lines: it is kept until it is answered, to be sent again.
	mostLines = 1000
	mostBytes = 4 << 20
	// firstLines and firstBytes are for the first request: one that is refused has to be short enough that the server
	// reads it to its end (256 KiB), or the refusal could get lost.
	firstLines = 50
	firstBytes = 64 << 10
	// linger is how long a request that has lines waits for further ones: a file is read faster, a person is not.
	linger = 5 * time.Millisecond
)

// answer is a line of a stream's answer, of either path.
type answer struct {
	Line      int            `json:"line"`
	Status    int            `json:"status"`
	Order     *api.Answer    `json:"order"`
	Rehearsal *api.Rehearsal `json:"rehearsal"`
	Problem   *api.Problem   `json:"problem"`
}

// PlaceLines places the intents of a file, one a line, and gives them in its order. The channel is closed when all are
// answered, or soon after ctx ends.
func (o *Office) PlaceLines(ctx context.Context, in io.Reader) <-chan *office.Intake {
	out := make(chan *office.Intake, mostLines)
	done := make(chan struct{})
	close(done)
	go func() {
		defer close(out)
		_ = o.lines(ctx, "/v1/orders", in, func(n int, a answer, err error) error { // its errors are the lines'
			l := &office.Intake{N: n, Err: err, Done: done}
			if err == nil && a.Order != nil {
				l.Placed = placed(a.Status, *a.Order)
			}
			select {
			case out <- l:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		})
	}()
	return out
}

// RehearseLines calls do with what each line of a file would send, or why it would not; an error of do ends it.
func (o *Office) RehearseLines(ctx context.Context, in io.Reader, do func(n int, r office.Rehearsal, err error) error) error {
	return o.lines(ctx, "/v1/orders/dry-run", in, func(n int, a answer, err error) error {
		var r office.Rehearsal
		if err == nil && a.Rehearsal != nil {
			r, err = rehearsal(*a.Rehearsal)
		}
		return do(n, r, err)
	})
}

// lines sends a file's lines, as many at once as there are, and calls do with the answer to each, in their order.
func (o *Office) lines(ctx context.Context, path string, in io.Reader, do func(n int, a answer, err error) error) error {
	read := office.NewLines(in).All(ctx)
	for lines, size := firstLines, firstBytes; ; lines, size = mostLines, mostBytes {
		some, more := gathered(ctx, read, lines, size)
		for len(some) > 0 {
			n := 0
			for n < len(some) && some[n].Err == nil {
				n++
			}
			if err := o.send(ctx, path, some[:n], do); err != nil {
				return err
			}
			if some = some[n:]; len(some) > 0 {
				if err := do(some[0].N, answer{}, some[0].Err); err != nil {
					return err
				}
				some = some[1:]
			}
		}
		if !more {
			return ctx.Err()
		}
	}
}

// gathered gives the lines that are there, at least one unless there are no more.
func gathered(ctx context.Context, read <-chan office.Line, lines, bytes int) (some []office.Line, more bool) {
	var enough <-chan time.Time
	for size := 0; len(some) < lines && size < bytes; {
		select {
		case l, ok := <-read:
			if !ok {
				return some, false
			}
			if some = append(some, l); enough == nil {
				timer := time.NewTimer(linger)
				defer timer.Stop()
				enough = timer.C
			}
			size += len(l.Text)
		case <-enough:
			return some, true
		case <-ctx.Done():
			return some, false
		}
	}
	return some, true
}

// send asks for some lines until each has its answer, or no more comes of it; then those that are left have the error.
func (o *Office) send(ctx context.Context, path string, some []office.Line, do func(n int, a answer, err error) error) error {
	p := o.patient(true)
	for len(some) > 0 {
		n, err := o.sendOnce(ctx, path, some, do)
		var mine *doneError
		if errors.As(err, &mine) {
			return mine.err
		}
		if n > 0 { // it moves: whoever counts the pauses begins anew
			p = o.patient(true)
			p.sent = true
		}
		if some = some[n:]; len(some) == 0 {
			break
		}
		if err = p.wait(ctx, err); err == nil {
			continue
		}
		for _, l := range some {
			if err := do(l.N, answer{}, err); err != nil {
				return err
			}
		}
		return nil
	}
	return nil
}

// doneError is of whoever is told.
type doneError struct{ err error }

func (e *doneError) Error() string { return e.err.Error() }

// sendOnce sends lines in one request, and says how many were answered before err.
func (o *Office) sendOnce(ctx context.Context, path string, some []office.Line, do func(n int, a answer, err error) error) (n int, err error) {
	var body bytes.Buffer
	for _, l := range some {
		body.Write(l.Text)
		body.WriteByte('\n')
	}
	ctx, cancel := context.WithCancel(ctx) // what is not read of an answer is not waited for
	defer cancel()
	resp, err := o.once(ctx, ask{method: http.MethodPost, path: path, file: bytes.NewReader(body.Bytes()), kind: "application/x-ndjson"})
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	dec := json.NewDecoder(resp.Body)
	for n < len(some) {
		var a answer
		err := dec.Decode(&a)
		var syntax *json.SyntaxError
		var meaning *json.UnmarshalTypeError
		switch {
		case errors.As(err, &syntax), errors.As(err, &meaning):
			return n, o.stranger(resp.StatusCode, err.Error())
		case err != nil:
			return n, &Silence{URL: o.cfg.URL, Sent: true, err: err}
		}
		if a.Line != n+1 {
			return n, o.stranger(resp.StatusCode, "one line is answered for another")
		}
		var no error
		if a.Problem != nil {
			no = o.errorOf(a.Problem, 0)
			var said *Said
			if errors.As(no, &said) && said.unready() {
				return n, no
			}
		}
		if err := do(some[n].N, a, no); err != nil {
			return n, &doneError{err}
		}
		n++
	}
	return n, nil
}

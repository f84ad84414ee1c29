package api_test

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"orderq/cmd/internal/api"
	"orderq/store/storetest"
	"orderq/yeastar/yeastartest"
)

// watched counts the deadlines that are set for reading its request.
type watched struct {
	*httptest.ResponseRecorder
	deadlines int
}

func (w *watched) SetReadDeadline(time.Time) error { w.deadlines++; return nil }

// Behind a body's end net/http reads on, to see whether the client is still there. A deadline would end that, and with it
// the request.
func TestBehindItsEndABodyHasNoDeadline(t *testing.T) {
	t.Parallel()
	w := &watched{ResponseRecorder: httptest.NewRecorder()}
	body := api.Moving(io.NopCloser(strings.NewReader("a line without a newline")), w)
	if text, err := io.ReadAll(body); err != nil || len(text) != 24 || w.deadlines == 0 {
		t.Fatalf("%q, %v, %d deadlines", text, err, w.deadlines)
	}
	before := w.deadlines
	for range 3 {
		if n, err := body.Read(make([]byte, 10)); n != 0 || err != io.EOF { //nolint:errorlint // io.Reader says so
			t.Errorf("%d, %v", n, err)
		}
	}
	if w.deadlines != before {
		t.Errorf("%d deadlines were set behind the end", w.deadlines-before)
	}
}

// streams are the routes that answer while they read.
var streams = map[string]struct{ header, line string }{
	"/v1/orders":                {"Content-Type: application/x-ndjson", minutes("s") + "\n"},
	"/v1/orders/dry-run":        {"Content-Type: application/x-ndjson", minutes("s") + "\n"},
	"/v1/batches/plan?name=nov": {"Content-Type: text/csv", "SN,Kind,Qty\n3658B43110000001,add_recording_minutes,100\n"},
}

// What is left of a body that was answered must not be taken for a request: the connection ends with the answer.
func TestBehindAStreamNoRequestIsTaken(t *testing.T) {
	t.Parallel()
	sim := yeastartest.Start(yeastartest.Options{})
	t.Cleanup(sim.Close)
	r := newRig(t, storetest.Embedded(t), portal(sim))
	l := listen(t, r, "", "", patience, patience)
	for path, s := range streams {
		c := dial(t, l)
		body := s.line + strings.Repeat(" ", 200_000) + "\n"
		if _, err := fmt.Fprintf(c, "POST %s HTTP/1.1\r\nHost: localhost\r\n%s\r\nContent-Length: %d\r\n\r\n%sGET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n",
			path, s.header, len(body), body); err != nil {
			t.Fatal(err)
		}
		from := bufio.NewReader(c)
		resp, err := http.ReadResponse(from, nil)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		if err != nil || resp.StatusCode != http.StatusOK {
			t.Errorf("%s: %s %.300s, %v", path, resp.Status, text, err)
		}
		if !resp.Close {
			t.Fatalf("%s: the connection goes on", path)
		}
		if more, err := io.ReadAll(from); len(more) > 0 || err != nil && !strings.Contains(err.Error(), "reset") {
			t.Errorf("%s: behind the answer comes %.300q, %v", path, more, err)
		}
	}
}

func TestOfABodyThatIsCutOffEveryLineIsAnsweredAndTheEndTold(t *testing.T) {
	t.Parallel()
	sim := yeastartest.Start(yeastartest.Options{})
	t.Cleanup(sim.Close)
	r := newRig(t, storetest.Embedded(t), portal(sim))
	l := listen(t, r, "", "", patience, patience)
	for path, status := range map[string]int{"/v1/orders": http.StatusAccepted, "/v1/orders/dry-run": http.StatusBadRequest} {
		c := dial(t, l)
		var body strings.Builder
		for i := range 20 {
			line := minutes(fmt.Sprint("cut-", i))
			if status == http.StatusBadRequest {
				line = `{"reference":"x"}` // what needs no portal
			}
			body.WriteString(line + "\n")
		}
		if _, err := fmt.Fprintf(c, "POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-ndjson\r\nContent-Length: 100000\r\n\r\n%s{\"reference\":", path, &body); err != nil {
			t.Fatal(err)
		}
		if err := c.(interface{ CloseWrite() error }).CloseWrite(); err != nil {
			t.Fatal(err)
		}
		resp, err := http.ReadResponse(bufio.NewReader(c), nil)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		if err != nil {
			t.Errorf("%s: %v", path, err)
		}
		lines := said{t: t, body: string(text)}.lines()
		if len(lines) != 21 {
			t.Fatalf("%s: %d lines: %.600s", path, len(lines), text)
		}
		for i, line := range lines[:20] {
			if line.Line != i+1 || line.Status != status {
				t.Errorf("%s: %+v", path, line)
			}
		}
		if last := lines[20]; last.Line != 21 || last.Status != http.StatusBadRequest || last.Problem == nil || last.Problem.Type != "/problems/incomplete-body" {
			t.Errorf("%s: the last is %+v, %+v", path, last, last.Problem)
		}
	}
}

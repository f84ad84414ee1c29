package yeastartest

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestABombIsTheRightAnswerManyTimesItsSize(t *testing.T) {
	t.Parallel()
	p := open(t, Options{})
	p.Fail(BombAfter, 1)
	a := p.mustSave(minutes("x"))
	if n := len(a.body); a.header.Get("Content-Encoding") != "gzip" || n > 256<<10 {
		t.Fatalf("%d bytes, encoded as %q", n, a.header.Get("Content-Encoding"))
	}
	z, err := gzip.NewReader(bytes.NewReader(a.body))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(z)
	if err != nil || len(text) < 64<<20 {
		t.Fatalf("inflates to %d bytes, %v", len(text), err)
	}
	var env struct{ Result orderJSON }
	if err := json.Unmarshal(text, &env); err != nil || env.Result.OrderNo != p.Ledger().Orders[0].OrderNo {
		t.Errorf("the order is not in it: %+v, %v", env, err)
	}
}

func TestAnEndlessAnswerEndsWithItsClientOrHealOrClose(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(p *portal, leave func()){
		"client": func(_ *portal, leave func()) { leave() },
		"heal":   func(p *portal, _ func()) { p.Heal() },
		"close":  func(p *portal, _ func()) { p.Close() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := open(t, Options{})
			p.Fail(EndlessAfter, 1)
			ctx, leave := context.WithCancel(t.Context())
			defer leave()
			r := p.request(http.MethodPost, "/order/openapi/order/v1/save", strings.NewReader(minutes("x"))).WithContext(ctx)
			r.Header.Set("Content-Type", "application/json")
			resp, err := p.http.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			start := make([]byte, 4<<20)
			if _, err := io.ReadFull(resp.Body, start); err != nil || resp.ContentLength != -1 || !strings.HasPrefix(string(start), `{"code":"success"`) {
				t.Fatalf("length %d, begins %.60q, %v", resp.ContentLength, start, err)
			}
			end(p, leave)
			if _, err := io.Copy(io.Discard, resp.Body); err == nil {
				t.Error("it came to an end of its own")
			}
			p.mu.Lock()
			p.waitLocked(patience(t).Done(), func() bool { return p.active == 0 })
			if p.active != 0 {
				t.Error("it is still being sent")
			}
			p.mu.Unlock()
			if l := p.Ledger().Orders; len(l) != 1 || l[0].Fault != EndlessAfter {
				t.Errorf("got %+v", l)
			}
		})
	}
}

func TestCloseEndsAnEndlessAnswerThatSomebodyElseServes(t *testing.T) {
	t.Parallel()
	s := New(Options{})
	served := httptest.NewServer(s)
	defer served.Close()
	p := &portal{Server: s, t: t, http: served.Client()}
	s.url = served.URL
	p.token = p.login()
	p.Fail(EndlessAfter, 1)
	r := p.request(http.MethodPost, "/order/openapi/order/v1/save", strings.NewReader(minutes("x")))
	r.Header.Set("Content-Type", "application/json")
	resp, err := p.http.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	p.Close()
	read := make(chan error, 1)
	go func() { _, err := io.Copy(io.Discard, resp.Body); read <- err }()
	select {
	case err := <-read:
		if err == nil {
			t.Error("it came to an end of its own")
		}
	case <-patience(t).Done():
		t.Error("it goes on")
	}
}

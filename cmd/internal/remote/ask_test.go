package remote

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"orderq/cmd/internal/office"
	"orderq/tasks"
	"orderq/tasks/intake"
	"orderq/tasks/sheet"
)

// officeOf asks a server that answers so; its pauses take no time, and are added up.
func officeOf(t *testing.T, answer http.HandlerFunc) (*Office, *time.Duration) {
	t.Helper()
	s := httptest.NewServer(answer)
	o, err := Open(t.Context(), Config{URL: s.URL, Token: "canary-token"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { o.Close(); s.Close() })
	var waited time.Duration
	o.pause = func(ctx context.Context, d time.Duration) error {
		waited += d
		return ctx.Err()
	}
	return o, &waited
}

func no(w http.ResponseWriter, status int, slug string, retry string) {
	w.Header().Set("Content-Type", "application/problem+json")
	if retry != "" {
		w.Header().Set("Retry-After", retry)
	}
	w.WriteHeader(status)
	fmt.Fprintf(w, `{"type":"/problems/%s","status":%d,"detail":"no"}`, slug, status)
}

func TestWhatMayBeAskedAgainIsAndNotForEver(t *testing.T) {
	t.Parallel()
	in := tasks.Intent{Reference: "r"}
	for _, c := range []struct {
		name   string
		answer http.HandlerFunc
		again  bool // placing is asked again
		other  bool // a decision is
	}{
		{"too many", func(w http.ResponseWriter, _ *http.Request) { no(w, 429, "too-many-requests", "2") }, true, true},
		{"stopping", func(w http.ResponseWriter, _ *http.Request) { no(w, 503, "stopping", "2") }, true, false},
		{"Redis away", func(w http.ResponseWriter, _ *http.Request) { no(w, 503, "redis-away", "") }, true, false},
		{"the portal away", func(w http.ResponseWriter, _ *http.Request) { no(w, 503, "portal-away", "2") }, false, false},
		{"a proxy alone", func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "bad gateway", http.StatusBadGateway) }, true, false},
		{"no answer", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, true, false},
		{"half an answer", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			_, _ = io.WriteString(w, `{"id":"o`)
			panic(http.ErrAbortHandler)
		}, true, false},
		{"forbidden", func(w http.ResponseWriter, _ *http.Request) { no(w, 403, "forbidden", "2") }, false, false},
		{"a fault", func(w http.ResponseWriter, _ *http.Request) { no(w, 500, "internal", "2") }, false, false},
		{"another program", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "<html>") }, false, false},
	} {
		var asked atomic.Int32
		o, waited := officeOf(t, func(w http.ResponseWriter, r *http.Request) {
			asked.Add(1)
			c.answer(w, r)
		})
		_, err := o.Place(t.Context(), in)
		if n := asked.Load(); err == nil || (n > 1) != c.again || *waited > patience+5*time.Second || strings.Contains(err.Error(), "canary") {
			t.Errorf("%s: placing is asked for %d times, with pauses of %v: %v", c.name, n, *waited, err)
		}
		asked.Store(0)
		_, err = o.Release(t.Context(), "r", "anna", "why")
		if n := asked.Load(); err == nil || (n > 1) != c.other {
			t.Errorf("%s: a release is asked for %d times: %v", c.name, n, err)
		}
		asked.Store(0)
		var last error
		for l := range o.PlaceLines(t.Context(), strings.NewReader(`{"reference":"a"}`+"\n"+`{"reference":"b"}`+"\n")) {
			last = l.Err
		}
		if n := asked.Load(); last == nil || (n > 1) != c.again {
			t.Errorf("%s: lines are asked for %d times: %v", c.name, n, last)
		}
	}
}

func TestWhatMayHaveBeenDoneBeforeIsNotCalledUndone(t *testing.T) {
	t.Parallel()
	for name, second := range map[string]http.HandlerFunc{
		"refused": func(w http.ResponseWriter, _ *http.Request) { no(w, 403, "forbidden", "") },
		"invalid": func(w http.ResponseWriter, _ *http.Request) { no(w, 400, "nonsense", "") },
	} {
		for _, lost := range []bool{true, false} {
			var asked atomic.Int32
			o, _ := officeOf(t, func(w http.ResponseWriter, r *http.Request) {
				if asked.Add(1) == 1 && lost {
					panic(http.ErrAbortHandler) // it may be accepted by now
				}
				second(w, r)
			})
			if _, err := o.Place(t.Context(), tasks.Intent{Reference: "r"}); err == nil || Undone(err) == lost {
				t.Errorf("%s, the first answer lost %t: undone %t: %v", name, lost, Undone(err), err)
			}
		}
	}
	// A server that goes away after the first is one that may have accepted it.
	var first *httptest.Server
	first = httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		_ = first.Listener.Close()
		panic(http.ErrAbortHandler)
	}))
	defer first.Close()
	o, err := Open(t.Context(), Config{URL: first.URL})
	if err != nil {
		t.Fatal(err)
	}
	defer o.Close()
	o.pause = func(context.Context, time.Duration) error { return nil }
	if _, err := o.Place(t.Context(), tasks.Intent{Reference: "r"}); err == nil || Undone(err) {
		t.Errorf("undone %t: %v", Undone(err), err)
	}
}

func TestAnAnswerToAnotherLineIsNotTakenForThisOnes(t *testing.T) {
	t.Parallel()
	o, _ := officeOf(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		_, _ = io.WriteString(w, `{"line":2,"status":202,"order":{"id":"oq"}}`+"\n")
	})
	for l := range o.PlaceLines(t.Context(), strings.NewReader("{}\n{}\n")) {
		if l.Err == nil {
			t.Errorf("line %d: %+v", l.N, l.Placed)
		}
	}
}

func TestAnEndedContextEndsALongFile(t *testing.T) {
	t.Parallel()
	o, _ := officeOf(t, func(w http.ResponseWriter, r *http.Request) { no(w, 503, "stopping", "") })
	ctx, stop := context.WithCancel(t.Context())
	r, w := io.Pipe() // nobody writes
	defer w.Close()
	all := o.PlaceLines(ctx, r)
	stop()
	for l := range all {
		if l.Err == nil {
			t.Errorf("%+v", l)
		}
	}
	if err := o.RehearseLines(ctx, strings.NewReader("{}\n"), func(int, office.Rehearsal, error) error { return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

// endless is a CSV of so many bytes, made as it is read.
type endless struct{ at, size int64 }

const endlessRow = "3658B431119665QJ,add_recording_minutes,100\n"

func (e *endless) Read(p []byte) (int, error) {
	n := 0
	for n < len(p) && e.at < e.size {
		p[n] = endlessRow[e.at%int64(len(endlessRow))]
		n++
		e.at++
	}
	if n == 0 {
		return 0, io.EOF
	}
	return n, nil
}

func (e *endless) Seek(offset int64, whence int) (int64, error) {
	e.at = offset
	return offset, nil
}

func TestALargeFileIsSentWithoutBeingKept(t *testing.T) {
	// It measures the heap: not parallel.
	const size, most = 96 << 20, 24 << 20
	var peak uint64
	var got int64
	o, _ := officeOf(t, func(w http.ResponseWriter, r *http.Request) {
		var m runtime.MemStats
		for {
			n, err := io.CopyN(io.Discard, r.Body, 8<<20)
			got += n
			runtime.GC()
			runtime.ReadMemStats(&m)
			peak = max(peak, m.HeapAlloc)
			if err != nil {
				break
			}
		}
		w.WriteHeader(http.StatusAccepted)
		_, _ = io.WriteString(w, `{"id":"ob","taken":{"rows":3,"new":3}}`)
	})
	rows, err := sheet.NewReader(strings.NewReader("SN,Kind,Qty\n"+endlessRow), sheet.Options{Batch: "b", Account: "default"})
	if err != nil {
		t.Fatal(err)
	}
	var before runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	s, err := o.Apply(t.Context(), office.File{Name: "b", Rows: rows, Raw: &endless{size: size}}, intake.Config{})
	if err != nil || s.New != 3 || got != size {
		t.Fatalf("%+v, %v; %d of %d bytes came", s, err, got, size)
	}
	if grown := peak - min(peak, before.HeapAlloc); grown > most {
		t.Errorf("the heap grew by %d MiB while %d were sent", grown>>20, size>>20)
	}
}

package api_test

import (
	"context"
	"fmt"
	"io"
	"maps"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"orderq/cmd/internal/api"
	"orderq/store/storetest"
)

// row is one of the table in docs/security.md.
type row struct{ attack, answer, test string }

func securityTable(t *testing.T) map[string]row {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "..", "docs", "security.md"))
	if err != nil {
		t.Fatal(err)
	}
	table := map[string]row{}
	for line := range strings.Lines(string(text)) {
		cells := strings.Split(strings.TrimSpace(line), " | ")
		if len(cells) != 3 || !strings.HasPrefix(line, "| ") || strings.HasPrefix(line, "| attack") {
			continue
		}
		r := row{strings.TrimPrefix(cells[0], "| "), cells[1], strings.TrimSuffix(cells[2], " |")}
		if _, twice := table[r.attack]; twice {
			t.Errorf("%s is in the table twice", r.attack)
		}
		table[r.attack] = r
	}
	return table
}

// of are the attacks that a test carries out, by the table.
func of(table map[string]row, test string) []string {
	var some []string
	for name, r := range table {
		if r.test == test {
			some = append(some, name)
		}
	}
	return slices.Sorted(slices.Values(some))
}

var (
	statusWord  = regexp.MustCompile(`\b[45]\d\d\b`)
	problemWord = regexp.MustCompile("`([a-z-]+)`")
)

// holds fails unless what the server said is what the table says.
func (r row) holds(t *testing.T, said string) {
	t.Helper()
	status, slug := statusWord.FindString(r.answer), problemWord.FindStringSubmatch(r.answer)
	want := status
	if strings.HasPrefix(r.answer, "a line with ") {
		want = "200"
		if !strings.Contains(said, `"status":`+status) {
			t.Errorf("no line with %s: %.500q", status, said)
		}
	}
	switch {
	case strings.HasPrefix(r.answer, "cut off"):
		if strings.Contains(said, "HTTP/1.1 2") {
			t.Errorf("it was answered: %.500q", said)
		}
	case status == "":
		t.Errorf("the table says no status: %s", r.answer)
	case !strings.HasPrefix(said, "HTTP/1.1 "+want+" ") && !strings.HasPrefix(said, "HTTP/1.0 "+want+" "), slug != nil && !strings.Contains(said, "/problems/"+slug[1]):
		t.Errorf("%.500q, want %s", said, r.answer)
	}
}

func TestTheTableOfAttacksNamesTestsThatThereAre(t *testing.T) {
	t.Parallel()
	table := securityTable(t)
	if len(table) < 40 {
		t.Fatalf("%d rows: the table is read wrongly", len(table))
	}
	var here strings.Builder
	files, err := filepath.Glob("*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		here.Write(text)
	}
	for _, r := range table {
		if !strings.Contains(here.String(), "func "+r.test+"(t *testing.T)") {
			t.Errorf("%s: there is no test %s", r.attack, r.test)
		}
	}
	for test, carried := range map[string][]string{
		"TestHostileClients": slices.Sorted(maps.Keys(attacks())), "TestAGigabyteLeavesMemoryFlat": slices.Sorted(maps.Keys(gigabytes())),
	} {
		if inTable := of(table, test); !slices.Equal(inTable, carried) {
			t.Errorf("%s carries out\n%s\nand the table has for it\n%s", test, strings.Join(carried, "\n"), strings.Join(inTable, "\n"))
		}
	}
}

func TestHostileClients(t *testing.T) {
	t.Parallel()
	r := newRig(t, storetest.Embedded(t), loopback)
	before := r.room.Dump(t)
	l := listen(t, r, "", "", briefly, briefly)
	table := securityTable(t)
	t.Run("all", func(t *testing.T) {
		for name, strike := range attacks() {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				table[name].holds(t, strike(t, l))
			})
		}
	})
	if r.room.Dump(t) != before {
		t.Error("something was written")
	}
	if got := say("GET /v1/halt HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")(t, l); !strings.HasPrefix(got, "HTTP/1.1 200 ") {
		t.Errorf("afterwards: %q", got)
	}
}

// strike attacks a server and gives what it said.
type strike func(t *testing.T, l *api.Listener) string

// say sends bytes and no more.
func say(text string) strike {
	return func(t *testing.T, l *api.Listener) string {
		t.Helper()
		c := dial(t, l)
		go func() { _, _ = io.WriteString(c, text) }() // the server may hang up in between
		said, _ := io.ReadAll(c)                       // a reset says as much as an end
		return string(said)
	}
}

// drip sends bytes, and goes on with one more now and then until the server hangs up.
func drip(text string) strike {
	return func(t *testing.T, l *api.Listener) string {
		t.Helper()
		c := dial(t, l)
		ctx, stop := context.WithCancel(t.Context())
		dripped := make(chan struct{})
		go func() {
			defer close(dripped)
			tick := time.NewTicker(10 * time.Millisecond)
			defer tick.Stop()
			_, err := io.WriteString(c, text)
			for err == nil {
				select {
				case <-tick.C:
					_, err = io.WriteString(c, "x")
				case <-ctx.Done():
					return
				}
			}
		}()
		said, _ := io.ReadAll(c)
		stop()
		<-dripped
		return string(said)
	}
}

// half sends bytes and closes its side.
func half(text string) strike {
	return func(t *testing.T, l *api.Listener) string {
		t.Helper()
		c := dial(t, l)
		if _, err := io.WriteString(c, text); err != nil {
			t.Fatal(err)
		}
		if err := c.(*net.TCPConn).CloseWrite(); err != nil {
			t.Fatal(err)
		}
		said, _ := io.ReadAll(c)
		return string(said)
	}
}

// idle opens many connections, sees that another is answered, and waits until the last is cut off.
func idle(t *testing.T, l *api.Listener) string {
	t.Helper()
	var all []net.Conn
	for range 500 {
		all = append(all, dial(t, l))
	}
	if got := say("GET /v1/halt HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")(t, l); !strings.HasPrefix(got, "HTTP/1.1 200 ") {
		t.Errorf("meanwhile: %q", got)
	}
	var said strings.Builder
	for _, c := range all {
		_, _ = io.Copy(&said, c)
	}
	return said.String()
}

const (
	postJSON   = "POST /v1/orders HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\n"
	postLines  = "POST /v1/orders HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/x-ndjson\r\n"
	postBatch  = "POST /v1/batches?name=x HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: text/csv\r\n"
	gigabyte   = "Content-Length: 1073741824\r\n"
	goodIntent = `{"reference":"hostile","kind":"add_recording_minutes","productNo":"3658B431119665QJ","quantity":1}`
)

// order posts a whole body as one order, behind further headers.
func order(body string, headers ...string) strike {
	return say(postJSON + strings.Join(headers, "") + fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(body), body))
}

// post posts a good intent with a request line, and headers in place of the usual ones.
func post(line, headers string) strike {
	return say(fmt.Sprintf("%s\r\n%sConnection: close\r\nContent-Length: %d\r\n\r\n%s", line, headers, len(goodIntent), goodIntent))
}

func attacks() map[string]strike {
	const line, host, kind = "POST /v1/orders HTTP/1.1", "Host: localhost\r\n", "Content-Type: application/json\r\n"
	inner := fmt.Sprintf("%sContent-Length: %d\r\n\r\n%s", postJSON, len(goodIntent), goodIntent)
	return map[string]strike{
		"a header that never ends":                  say(postJSON),
		"a header that comes byte by byte":          drip(postJSON + "X-Slow: "),
		"a body that stops":                         say(postJSON + "Content-Length: 500\r\n\r\n{"),
		"a body that comes byte by byte":            drip(postJSON + "Content-Length: 60000\r\n\r\n{"),
		"five hundred connections that say nothing": idle,

		"1 GB announced for one order":             say(postJSON + gigabyte + "\r\n"),
		"1 GB announced for a batch":               say(postBatch + gigabyte + "\r\n"),
		"1 GB announced, and Expect: 100-continue": say(postLines + gigabyte + "Expect: 100-continue\r\n\r\n"),
		"a body shorter than its Content-Length":   half(postJSON + "Content-Length: 500\r\n\r\n" + goodIntent),
		"a chunk that is cut off":                  half(postJSON + "Transfer-Encoding: chunked\r\n\r\nfff\r\n" + goodIntent),
		"a chunk size that is none":                say(postJSON + "Transfer-Encoding: chunked\r\n\r\nxyz\r\n" + goodIntent + "\r\n0\r\n\r\n"),

		"Content-Length and Transfer-Encoding, a request inside the body": say(postJSON + fmt.Sprintf("Content-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n", len(inner), inner)),
		"two Content-Lengths":              order(goodIntent, "Content-Length: 3\r\n"),
		"a negative Content-Length":        say(postJSON + "Content-Length: -1\r\n\r\n" + goodIntent),
		"a Transfer-Encoding that is none": say(postJSON + "Transfer-Encoding: xchunked\r\n\r\n" + goodIntent),
		"a space before a header's colon":  order(goodIntent, "X-Odd : 1\r\n"),
		"NUL in a header":                  order(goodIntent, "X-Odd: a\x00b\r\n"),
		"NUL in the path":                  post("POST /v1/orders\x00 HTTP/1.1", host+kind),
		"one header of 1 MB":               order(goodIntent, "X-Large: "+strings.Repeat("x", 1<<20)+"\r\n"),
		"a path of 1 MB":                   post("POST /v1/orders/"+strings.Repeat("x", 1<<20)+" HTTP/1.1", host+kind),

		"a Host of another name (rebinding)": post(line, "Host: evil.example\r\n"+kind),
		"a target with another host":         post("POST http://evil.example/v1/orders HTTP/1.1", host+kind),
		"HTTP/1.0 without a Host":            post("POST /v1/orders HTTP/1.0", kind),
		"HTTP/1.1 without a Host":            post(line, kind),
		"two Hosts":                          post(line, host+"Host: evil.example\r\n"+kind),
		"a tunnel (CONNECT)":                 say("CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example:443\r\nConnection: close\r\n\r\n"),
		"a page of another origin":           post(line, host+kind+"Origin: https://evil.example\r\n"),
		"what a form may send":               post(line, host+"Content-Type: text/plain\r\n"),
		"a body in gzip":                     post(line, host+kind+"Content-Encoding: gzip\r\n"),
		"JSON as UTF-16":                     post(line, host+"Content-Type: application/json; charset=utf-16\r\n"),

		"JSON 20,000 deep":             order(`{"labels":` + strings.Repeat("[", 20_000)),
		"duplicate keys":               order(`{"quantity":1000,` + goodIntent[1:]),
		"invalid UTF-8":                order(strings.Replace(goodIntent, "hostile", "host\xffile", 1)),
		"NUL in a string":              order(strings.Replace(goodIntent, "hostile", `host\u0000ile`, 1)),
		"half a surrogate pair":        order(strings.Replace(goodIntent, "hostile", `host\ud800ile`, 1)),
		"a number of 10,000 digits":    order(strings.Replace(goodIntent, ":1}", ":"+strings.Repeat("1", 10_000)+"}", 1)),
		"two objects in one body":      order(goodIntent + goodIntent),
		"a line of more than 64 KiB":   say(postLines + "Content-Length: 70000\r\n\r\n" + strings.Repeat("x", 70_000)),
		"a path with an empty part":    post("POST //v1/orders HTTP/1.1", host+kind),
		"a path that climbs":           post("POST /v1/halt/../orders HTTP/1.1", host+kind),
		"an escaped slash that climbs": post("POST /v1/orders/..%2forders HTTP/1.1", host+kind),
		"an escaped NUL in a name":     post("POST /v1/orders/%00 HTTP/1.1", host+kind),
		"a path with a dot at its end": post("POST /v1/orders. HTTP/1.1", host+kind),
		"no HTTP at all":               say("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n"),
	}
}

// gigabytes send 1 GB in chunks, until the server has had enough.
func gigabytes() map[string]strike {
	of := func(head, first, more string) strike {
		return func(t *testing.T, l *api.Listener) string {
			t.Helper()
			c := dial(t, l)
			piece := strings.Repeat(more, (1<<20)/len(more))
			chunk := fmt.Appendf(nil, "%x\r\n%s\r\n", len(piece), piece)
			sent := make(chan struct{})
			go func() {
				defer close(sent)
				_, err := fmt.Fprintf(c, "%sTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n", head, len(first), first)
				for i := 0; i < 1024 && err == nil; i++ {
					_, err = c.Write(chunk)
				}
			}()
			said, _ := io.ReadAll(c)
			_ = c.Close()
			<-sent
			return string(said)
		}
	}
	return map[string]strike{
		"1 GB in chunks for one order":            of(postJSON, `{"reference":"`, "x"),
		"1 GB in chunks as a line without an end": of(postLines, `{"reference":"`, "x"),
		"1 GB in chunks as a batch":               of(postBatch, "SN,Kind,Qty\n\"", "x"),
	}
}

// It runs while no other test does: the heap is the process'.
func TestAGigabyteLeavesMemoryFlat(t *testing.T) { //nolint:paralleltest // see above
	const most = 32 << 20 // of a gigabyte; what is seen is a tenth of it
	r := newRig(t, storetest.Embedded(t), loopback)
	l, err := api.Listen(t.Context(), "127.0.0.1:0", "", "")
	if err != nil {
		t.Fatal(err)
	}
	s := api.ServeWithin(l, r.api, patience, patience)
	t.Cleanup(func() { s.Close(context.WithoutCancel(t.Context())) })
	table := securityTable(t)
	for name, strike := range gigabytes() {
		grew := heapGrowth()
		said := strike(t, l)
		if grown := grew(); grown > most {
			t.Errorf("%s: the heap grew by %d MB", name, grown>>20)
		} else {
			t.Logf("%s: the heap grew by %d KB", name, grown>>10)
		}
		table[name].holds(t, said)
	}
}

// heapGrowth looks at the heap now and then, and says afterwards by how many bytes it had grown at its peak.
func heapGrowth() (peak func() int64) {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	before, most := int64(m.HeapAlloc), int64(m.HeapAlloc)
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		for {
			runtime.ReadMemStats(&m)
			most = max(most, int64(m.HeapAlloc))
			select {
			case <-stop:
				return
			case <-tick.C:
			}
		}
	}()
	return func() int64 {
		close(stop)
		<-stopped
		return most - before
	}
}

package yeastartest

import (
	"errors"
	"io"
	"net"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// ends orders once on a connection of its own, in two pieces if asked to, and says how it ended.
func (p *portal) ends(inPieces bool) string {
	p.t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(p.URL(), "http://"))
	if err != nil {
		p.t.Fatal(err)
	}
	defer conn.Close()
	body := minutes("x")
	head := "POST /order/openapi/order/v1/save HTTP/1.1\r\nHost: x\r\nUser-Agent: OpenAPI\r\nContent-Type: application/json\r\nAuthorization: Bearer " +
		p.token + "\r\nContent-Length: " + strconv.Itoa(len(body)) + "\r\n\r\n"
	if inPieces {
		body = "" // and never the rest
	}
	if _, err := conn.Write([]byte(head + body)); err != nil {
		p.t.Fatal(err)
	}
	switch answer, err := io.ReadAll(conn); {
	case len(answer) > 0:
		p.t.Fatalf("got %s", answer)
	case err == nil:
		return "FIN"
	case !errors.Is(err, syscall.ECONNRESET):
		p.t.Fatal(err)
	}
	return "RST"
}

func TestADropIsARSTOrAFIN(t *testing.T) {
	t.Parallel()
	p := open(t, Options{})
	p.Fail(DropAfter, -1)
	got := map[string]int{}
	for range 32 {
		got[p.ends(false)]++
	}
	if got["FIN"] < 4 || got["RST"] < 4 {
		t.Errorf("32 drops: %v", got)
	}
}

func TestAResetIsARSTAndACloseAFIN(t *testing.T) {
	t.Parallel()
	p := open(t, Options{})
	for f, want := range map[Fault]string{ResetAfter: "RST", CloseAfter: "FIN", UnreadBefore: "RST"} {
		p.Fail(f, 8)
		for range 8 {
			if got := p.ends(false); got != want {
				t.Errorf("%s: got %s", f, got)
			}
		}
	}
}

func TestAnUnreadRequestIsResetBeforeItsBodyHasCome(t *testing.T) {
	t.Parallel()
	p := open(t, Options{})
	p.Fail(UnreadBefore, 1)
	if got := p.ends(true); got != "RST" { // a portal that waited for the body would not end
		t.Errorf("got %s", got)
	}
	if l := p.Ledger(); l.Partial != 1 || len(l.Orders) != 0 || len(l.Requests) != 0 || l.Calls[CallCreate] != 1 {
		t.Errorf("got %+v", l)
	}
}

func TestAnUnreadRequestWaitsForOlderCommands(t *testing.T) {
	t.Parallel()
	p := open(t, Options{})
	p.Fail(Error500Before, 1)
	p.Fail(UnreadBefore, 1)
	if a := p.mustSave(minutes("a")); a.status != 500 {
		t.Errorf("got %d", a.status)
	}
	if _, err := p.save(minutes("b")); err == nil || p.Ledger().Partial != 1 {
		t.Errorf("the second command struck as %v", err)
	}
	p.FailOn(TutorialExpandPBX, UnreadBefore, 1)
	if _, err := p.save(minutes("c")); err == nil || p.Ledger().Requests["c"] != 1 {
		t.Errorf("one PBX's: %v", err)
	}
	decode[orderJSON](t, p.mustSave(minutes("d")))
}

func TestUnreadRequestsComeAsOftenAsAsked(t *testing.T) {
	t.Parallel()
	p := open(t, Options{Seed: 4, Faults: Faults{UnreadBefore: 0.5, Error500Before: 0.5}})
	for range 60 {
		p.http.CloseIdleConnections()
		p.save(minutes("x"))
	}
	l := p.Ledger()
	if l.Partial < 20 || l.Partial > 40 || len(l.Orders) < 5 || l.Partial+l.Requests["x"] != 60 {
		t.Errorf("of 60 requests %d were unread, %d read, %d made", l.Partial, l.Requests["x"], len(l.Orders))
	}
	p.SetFaults(Faults{UnreadBefore: 1})
	if _, err := p.save(minutes("y")); err == nil {
		t.Error("SetFaults leaves it out")
	}
	p.Heal()
	decode[orderJSON](t, p.mustSave(minutes("z")))
}

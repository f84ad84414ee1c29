package yeastartest

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// afterwards is what a client and the ledger see of one order struck by a fault.
type afterwards struct {
	status    int  // 0: no answer
	whole     bool // the body came to its end
	orders    int
	enveloped bool
	holds     string // something the body must contain
}

func TestEachFaultDoesOnTheWireWhatItsNameSays(t *testing.T) {
	t.Parallel()
	for f, want := range map[Fault]afterwards{
		DropBefore:      {0, false, 0, false, ""},
		DropAfter:       {0, false, 1, false, ""},
		ResetAfter:      {0, false, 1, false, ""},
		CloseAfter:      {0, false, 1, false, ""},
		UnreadBefore:    {0, false, 0, false, ""},
		HeaderAfter:     {0, false, 1, false, ""},
		HalfAfter:       {200, false, 1, false, `{"code":"success"`},
		Error500Before:  {500, true, 0, true, `"status":500`},
		Error500After:   {500, true, 1, true, `"status":500`},
		Error502Before:  {502, true, 0, false, "<html>"},
		Error502After:   {502, true, 1, false, "<html>"},
		Error503Before:  {503, true, 0, false, "<html>"},
		Error503After:   {503, true, 1, false, "<html>"},
		Error504Before:  {504, true, 0, false, "<html>"},
		Error504After:   {504, true, 1, false, "<html>"},
		GarbageBefore:   {200, true, 0, false, "succ"},
		GarbageAfter:    {200, true, 1, false, "succ"},
		HTMLBefore:      {200, true, 0, false, "Sign in"},
		HTMLAfter:       {200, true, 1, false, "Sign in"},
		CutJSONAfter:    {200, true, 1, false, `{"code":"success"`},
		EmptyAfter:      {200, true, 1, false, ""},
		DripAfter:       {200, true, 1, true, `"orderNo":"`},
		BigAfter:        {200, true, 1, true, `"orderNo":"`},
		BombAfter:       {200, true, 1, false, "\x1f\x8b"},
		NoNumberAfter:   {200, true, 1, true, `"code":"success"`},
		WrongTypeAfter:  {200, true, 1, true, `"code":"success"`},
		TwiceAfter:      {200, true, 1, true, `"code":"system_busy"}`},
		FailCodeBefore:  {200, true, 0, true, `"code":"system_busy"`},
		FailCodeAfter:   {200, true, 1, true, `"code":"system_busy"`},
		DisagreeAfter:   {200, true, 1, true, `"status":500`},
		Disagree502:     {502, true, 1, true, `"status":400`},
		Conflict409:     {409, true, 1, true, `"status":409`},
		Redirect307:     {307, true, 0, false, ""},
		Redirect308:     {308, true, 0, false, ""},
		Refused400:      {400, true, 0, true, `"code":"parameter_validation_failed"`},
		Denied401:       {401, true, 0, true, `"status":401`},
		Denied403:       {403, true, 0, true, `"status":403`},
		Denied403After:  {403, true, 1, true, `"status":403`},
		TooMany429:      {429, true, 0, true, `"status":429`},
		TooMany429After: {429, true, 1, true, `"status":429`},
	} {
		t.Run(string(f), func(t *testing.T) {
			t.Parallel()
			p := open(t, Options{DripEvery: 10 * time.Microsecond, bigAnswerBytes: 1 << 20})
			p.Fail(f, 1)
			a, err := p.save(minutes("x-1"))
			got := afterwards{a.status, err == nil, len(p.Ledger().Orders), a.enveloped, want.holds}
			if got != want {
				t.Errorf("got %+v, want %+v (%v)", got, want, err)
			}
			if !strings.Contains(string(a.body), want.holds) {
				t.Errorf("the body lacks %q: %.300s", want.holds, a.body)
			}
			if l := p.Ledger(); want.orders == 1 && l.Orders[0].Fault != f {
				t.Errorf("the ledger names fault %q", l.Orders[0].Fault)
			}
			p.http.CloseIdleConnections()
			if got := decode[orderJSON](t, p.mustSave(minutes("x-2"))); got.OrderNo == "" {
				t.Error("the fault struck twice")
			}
		})
	}
	covered := 40
	if others := 4; len(conducts()) != covered+others {
		t.Errorf("%d faults, but %d in this table, 3 that hang and 1 that does not end", len(conducts()), covered)
	}
}

func TestAHangingCallWaitsForItsClient(t *testing.T) {
	t.Parallel()
	for f, c := range map[Fault]struct{ during, after int }{HangBefore: {0, 0}, HangAfter: {1, 1}, LateCommit: {0, 1}} {
		t.Run(string(f), func(t *testing.T) {
			t.Parallel()
			p := open(t, Options{})
			p.Fail(f, 1)
			ctx, leave := context.WithCancel(t.Context())
			defer leave()
			r := p.request(http.MethodPost, "/order/openapi/order/v1/save", strings.NewReader(minutes("x"))).WithContext(ctx)
			r.Header.Set("Content-Type", "application/json")
			done := make(chan error, 1)
			go func() { _, err := p.send(r); done <- err }()
			if err := p.WaitHanging(patience(t), 1); err != nil {
				t.Fatal(err)
			}
			if n := len(p.Ledger().Orders); n != c.during {
				t.Errorf("while it hangs: %d orders, want %d", n, c.during)
			}
			leave()
			if err := <-done; !errors.Is(err, context.Canceled) {
				t.Errorf("the client got %v", err)
			}
			if err := p.WaitCommitted(patience(t), c.after); err != nil {
				t.Error(err)
			}
			p.Close() // waits for the call to end
			if n := len(p.Ledger().Orders); n != c.after {
				t.Errorf("afterwards: %d orders, want %d", n, c.after)
			}
		})
	}
}

func TestHealCutsWhatHangs(t *testing.T) {
	t.Parallel()
	for f, orders := range map[Fault]int{HangBefore: 0, HangAfter: 1, LateCommit: 1} {
		t.Run(string(f), func(t *testing.T) {
			t.Parallel()
			p := open(t, Options{})
			p.Fail(f, -1)
			done := make(chan error, 1)
			go func() { _, err := p.save(minutes("x")); done <- err }()
			if err := p.WaitHanging(patience(t), 1); err != nil {
				t.Fatal(err)
			}
			p.Heal()
			if err := <-done; err == nil {
				t.Error("a hanging call was answered")
			}
			if n := len(p.Ledger().Orders); n != orders {
				t.Errorf("%d orders, want %d", n, orders)
			}
			decode[orderJSON](t, p.mustSave(minutes("y")))
		})
	}
}

func TestALateOrderIsCheckedWhenItIsMade(t *testing.T) {
	t.Parallel()
	p := open(t, Options{})
	p.Fail(LateCommit, 1)
	done := make(chan error, 1)
	go func() { _, err := p.save(order("late", TutorialExpandPBX, ExtensionsID.String(), 480)); done <- err }()
	if err := p.WaitHanging(patience(t), 1); err != nil {
		t.Fatal(err)
	}
	decode[orderJSON](t, p.mustSave(order("first", TutorialExpandPBX, ExtensionsID.String(), 1)))
	p.Heal()
	<-done
	if l := p.Ledger(); len(l.Committed("late")) != 0 {
		t.Errorf("the PBX has 501 extensions now: %+v", l.Orders)
	}
}

func TestCloseLeavesALateOrderUnmade(t *testing.T) {
	t.Parallel()
	p := open(t, Options{LateBy: time.Hour})
	p.Fail(LateCommit, 2)
	done := make(chan error, 2)
	ctx, leave := context.WithCancel(t.Context())
	for _, ctx := range []context.Context{ctx, t.Context()} { // one waits for its client, one for LateBy
		r := p.request(http.MethodPost, "/order/openapi/order/v1/save", strings.NewReader(minutes("x"))).WithContext(ctx)
		r.Header.Set("Content-Type", "application/json")
		go func() { _, err := p.send(r); done <- err }()
	}
	if err := p.WaitHanging(patience(t), 2); err != nil {
		t.Fatal(err)
	}
	leave()
	<-done
	p.Close()
	<-done
	if n := len(p.Ledger().Orders); n != 0 {
		t.Errorf("%d orders", n)
	}
}

func TestCloseEndsWhatHangsWithoutAnOrder(t *testing.T) {
	t.Parallel()
	s := New(Options{}) // whoever serves it keeps the connections open: Close must end the calls by itself
	served := httptest.NewServer(s)
	p := &portal{Server: s, t: t, http: served.Client()}
	s.url = served.URL
	p.token = p.login()
	p.Fail(HangBefore, 1)
	p.Fail(LateCommit, 1)
	done := make(chan error, 2)
	for range 2 {
		go func() { _, err := p.save(minutes("x")); done <- err }()
	}
	if err := p.WaitHanging(patience(t), 2); err != nil {
		t.Fatal(err)
	}
	p.Close()
	for range 2 {
		if err := <-done; err == nil {
			t.Error("a hanging call was answered")
		}
	}
	served.Close()
	if n := len(p.Ledger().Orders); n != 0 {
		t.Errorf("%d orders after Close", n)
	}
}

func TestReadsFailInTheSameWays(t *testing.T) {
	t.Parallel()
	p := open(t, Options{})
	for f, want := range map[Fault]int{Denied401: 401, TooMany429: 429, Error500Before: 500, Error502Before: 502, GarbageBefore: 200, HalfAfter: 200,
		NoNumberAfter: 200, WrongTypeAfter: 200, DropBefore: 0, HeaderAfter: 0} {
		p.http.CloseIdleConnections() // on a connection used before, net/http repeats a GET by itself
		p.FailReads(f, 1)
		a, err := p.send(p.request(http.MethodGet, listPath, nil))
		if a.status != want || (err != nil) != (want == 0 || f == HalfAfter) {
			t.Errorf("%s: got %d, %v", f, a.status, err)
		}
		var l listJSON
		if json.Unmarshal(a.env.Result, &l) == nil && l.Total > 0 {
			t.Errorf("%s: the list came all the same: %.200s", f, a.body)
		}
	}
}

func TestTheFaultsInASuccessAreWhereTheyShouldBe(t *testing.T) {
	t.Parallel()
	p := open(t, Options{})
	result := func(f Fault) map[string]json.RawMessage {
		p.Fail(f, 1)
		return decode[map[string]json.RawMessage](t, p.mustSave(minutes("x")))
	}
	if got := result(NoNumberAfter); len(got) != 4 || got["orderNo"] != nil || got["transactionNo"] == nil {
		t.Errorf("nonumber_after: %s", got)
	}
	if got := result(WrongTypeAfter)["orderNo"]; len(got) != 19 || strings.ContainsAny(string(got), `".`) {
		t.Errorf("wrongtype_after: orderNo %s", got)
	}
}

func TestTooManyRequestsSayWhenToComeBack(t *testing.T) {
	t.Parallel()
	p := open(t, Options{RetryAfter: 1500 * time.Millisecond})
	p.Fail(TooMany429, 1)
	if got := p.mustSave(minutes("x")).header.Get("Retry-After"); got != "2" {
		t.Errorf("Retry-After %q, want 2 seconds", got)
	}
}

func TestAClientThatFollowsARedirectOrders(t *testing.T) {
	t.Parallel()
	p := open(t, Options{BasePath: "/portal"})
	p.http.CheckRedirect = nil
	p.Fail(Redirect307, 1)
	decode[orderJSON](t, p.mustSave(minutes("x-1")))
	if l := p.Ledger(); len(l.Orders) != 1 || l.Requests["x-1"] != 2 {
		t.Errorf("orders %d, requests %v", len(l.Orders), l.Requests)
	}
}

func TestItServesThroughTLSAndThroughRecorders(t *testing.T) {
	t.Parallel()
	s := New(Options{})
	defer s.Close()
	secure := httptest.NewTLSServer(s)
	defer secure.Close()
	s.Down(true)
	if resp, err := secure.Client().Get(secure.URL + listPath); err == nil {
		resp.Body.Close()
		t.Errorf("down: got %d", resp.StatusCode)
	}
	s.Heal()
	resp, err := secure.Client().Get(secure.URL + listPath)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != 401 {
		t.Errorf("got %d", resp.StatusCode)
	}
	s.Down(true)
	defer func() {
		if got := recover(); got != http.ErrAbortHandler {
			t.Errorf("a connection that cannot be had ends with %v", got)
		}
	}()
	s.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, listPath, nil))
}

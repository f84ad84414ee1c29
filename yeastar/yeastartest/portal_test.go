package yeastartest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	if path := os.Getenv(childJournal); path != "" {
		fmt.Fprintln(os.Stderr, child(path)) // comes back only when it could not begin
		os.Exit(1)
	}
	goleak.VerifyTestMain(m)
}

// portal is a started simulator and a bare HTTP client with a token: no code of package yeastar speaks here.
type portal struct {
	*Server
	t     *testing.T
	http  *http.Client
	token string
}

func open(t *testing.T, o Options) *portal {
	t.Helper()
	p := &portal{Server: Start(o), t: t}
	p.http = &http.Client{
		Transport:     &http.Transport{DisableCompression: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	t.Cleanup(func() {
		p.Close()
		p.http.CloseIdleConnections()
	})
	p.token = p.login()
	return p
}

// answered is what came back: the HTTP side, and the envelope where there was one.
type answered struct {
	status int
	header http.Header
	body   []byte
	env    struct {
		Code          string          `json:"code"`
		DetailMessage *string         `json:"detailMessage"`
		RequestID     string          `json:"requestId"`
		Result        json.RawMessage `json:"result"`
		Status        int             `json:"status"`
	}
	enveloped bool
}

func (p *portal) login() string {
	p.t.Helper()
	a := p.grant(url.Values{"grant_type": {"pp_credentials"}, "client_id": {p.ClientID()}, "client_secret": {p.ClientSecret()}})
	return decode[tokenJSON](p.t, a).Token
}

type tokenJSON struct {
	ExpiresIn, RefreshToken, Token, TokenHead string
}

func (p *portal) grant(form url.Values) answered {
	p.t.Helper()
	r := p.request(http.MethodPost, "/auth/openapi/v1/oauth/token", strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return p.mustSend(r)
}

func (p *portal) request(method, path string, body io.Reader) *http.Request {
	p.t.Helper()
	r, err := http.NewRequestWithContext(p.t.Context(), method, p.URL()+path, body)
	if err != nil {
		p.t.Fatal(err)
	}
	r.Header.Set("User-Agent", "OpenAPI")
	if p.token != "" {
		r.Header.Set("Authorization", "Bearer "+p.token)
	}
	return r
}

func (p *portal) send(r *http.Request) (answered, error) {
	var a answered
	resp, err := p.http.Do(r)
	if err != nil {
		return a, err
	}
	defer resp.Body.Close()
	a.status, a.header = resp.StatusCode, resp.Header
	a.body, err = io.ReadAll(resp.Body)
	a.enveloped = json.Unmarshal(a.body, &a.env) == nil && a.env.RequestID != ""
	return a, err
}

func (p *portal) mustSend(r *http.Request) answered {
	p.t.Helper()
	a, err := p.send(r)
	if err != nil {
		p.t.Fatal(err)
	}
	return a
}

func (p *portal) get(path string) answered {
	p.t.Helper()
	return p.mustSend(p.request(http.MethodGet, path, nil))
}

func (p *portal) save(body string) (answered, error) {
	r := p.request(http.MethodPost, "/order/openapi/order/v1/save", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	return p.send(r)
}

func (p *portal) mustSave(body string) answered {
	p.t.Helper()
	a, err := p.save(body)
	if err != nil {
		p.t.Fatal(err)
	}
	return a
}

type orderJSON struct {
	InstanceID    string `json:"instanceId"`
	OrderNo       string `json:"orderNo"`
	OrderStatus   string `json:"orderStatus"`
	ProductNo     string `json:"productNo"`
	TransactionNo string `json:"transactionNo"`
}

// decode reads a successful result.
func decode[T any](t *testing.T, a answered) T {
	t.Helper()
	var v T
	if a.status != 200 || a.env.Code != "success" {
		t.Fatalf("got %d %s, want success", a.status, a.body)
	}
	if err := json.Unmarshal(a.env.Result, &v); err != nil {
		t.Fatalf("result %s: %v", a.env.Result, err)
	}
	return v
}

// tutorialMinutes and tutorialHA are the tutorials' request bodies as printed there.
const (
	tutorialMinutes = `{
"operationType": "purchase_service",
"productId": 13,
"productNo": "3658B431119665QJ",
"billingId": 3197218168379846218,
"serviceList": [
{
"connectionPlanId":3048571730026938368,
"serviceType": "service",
"serviceId": 3048573759449317376,
"quantity": 1000,
"purchaseType": "purchase",
"billingModel": "recurring",
"billingCycle": "annually",
"multiCycle": 0
}
]
}`
	tutorialHA = `{"operationType": "purchase_service", "productId": 13, "productNo": "3658B4311196K2ID",
 "billingId": 3197218168379846218, "serviceList": [{"connectionPlanId":3048571730026938368, "serviceType": "service",
 "serviceId": 3048573935752720384, "quantity": 10, "purchaseType": "purchase", "billingModel": "recurring",
 "billingCycle": "annually", "multiCycle": 0}]}`
)

// minutes orders recording minutes for the first tutorial PBX.
func minutes(po string) string { return order(po, TutorialExpandPBX, RecordingID.String(), 1000) }

func order(po, productNo, service string, quantity int) string {
	return fmt.Sprintf(`{"operationType":"purchase_service","productId":13,"productNo":%q,"billingId":3197218168379846218,"poNumber":%q,
"serviceList":[{"connectionPlanId":3048571730026938368,"serviceType":"service","serviceId":%s,"quantity":%d,
"purchaseType":"purchase","billingModel":"recurring","billingCycle":"annually","multiCycle":0}]}`, productNo, po, service, quantity)
}

// patience bounds waits that should take milliseconds; it decides nothing but how long a broken test takes.
func patience(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	t.Cleanup(cancel)
	return ctx
}

// clock is a time that moves only when told to. Its server asks for it from many goroutines.
type clock struct{ at chan time.Time }

func newClock() clock {
	c := clock{make(chan time.Time, 1)}
	c.at <- time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	return c
}

func (c clock) now() time.Time {
	at := <-c.at
	c.at <- at
	return at
}

func (c clock) add(d time.Duration) { c.at <- (<-c.at).Add(d) }

func compact(t *testing.T, text string) string {
	t.Helper()
	var b bytes.Buffer
	if err := json.Compact(&b, []byte(text)); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

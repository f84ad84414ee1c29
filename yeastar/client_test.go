package yeastar

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

func TestConfigMistakesNameFieldValueAndWayOut(t *testing.T) {
	t.Parallel()
	good := Config{BaseURL: DefaultBaseURL, ClientID: "id", ClientSecret: "s"}
	for _, c := range []struct {
		change func(*Config)
		want   []string
	}{
		{func(c *Config) { c.BaseURL = "" }, []string{"BaseURL", "empty", DefaultBaseURL}},
		{func(c *Config) { c.BaseURL = "openapi.partner.yeastar.com" }, []string{"BaseURL", `"openapi.partner.yeastar.com"`, "https://"}},
		{func(c *Config) { c.BaseURL = "ftp://x" }, []string{"BaseURL", "ftp://x"}},
		{func(c *Config) { c.BaseURL = "https://" }, []string{"BaseURL"}},
		{func(c *Config) { c.BaseURL = "https://x?y=1" }, []string{"BaseURL", "query"}},
		{func(c *Config) { c.BaseURL = "https://x#y" }, []string{"BaseURL", "fragment"}},
		{func(c *Config) { c.BaseURL = "https://u:p@x" }, []string{"BaseURL", "password"}},
		{func(c *Config) { c.BaseURL = "http://10.0.0.1" }, []string{"BaseURL", "http://10.0.0.1", "https"}},
		{func(c *Config) { c.BaseURL = "http://127.0.0.1.example.com" }, []string{"BaseURL", "https"}},
		{func(c *Config) { c.ClientID = "" }, []string{"ClientID", "System > API"}},
		{func(c *Config) { c.ClientSecret = "" }, []string{"ClientSecret", "Reset"}},
		{func(c *Config) { c.UserAgent = "a\nb" }, []string{"UserAgent", `"a\nb"`, "ASCII"}},
		{func(c *Config) { c.CallTimeout = -time.Second }, []string{"CallTimeout", "-1s", "30s"}},
		{func(c *Config) { c.Proxy = &url.URL{Scheme: "ftp", Host: "x", User: url.UserPassword("u", "canary")} }, []string{"Proxy", "ftp://", "socks5"}},
		{func(c *Config) { c.Proxy = &url.URL{Scheme: "http"} }, []string{"Proxy"}},
	} {
		cfg := good
		c.change(&cfg)
		_, err := New(cfg)
		if err == nil {
			t.Errorf("%q was taken", c.want)
			continue
		}
		for _, want := range c.want {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%q lacks %q", err, want)
			}
		}
		if strings.Contains(err.Error(), "canary") || strings.Contains(err.Error(), "u:p") {
			t.Errorf("%q tells a password", err)
		}
	}
	for _, base := range []string{DefaultBaseURL, "https://x/portal/", "http://localhost:9", "http://LOCALHOST", "http://127.8.8.8:1/x", "http://[::1]:9"} {
		cfg := good
		cfg.BaseURL = base
		if _, err := New(cfg); err != nil {
			t.Errorf("%s: %v", base, err)
		}
	}
}

func TestTheEnvironmentsProxyIsNotUsed(t *testing.T) {
	c := newClient(t, DefaultBaseURL)
	if c.reads.Proxy != nil || c.posts.Proxy != nil {
		t.Error("a transport has a proxy that nobody configured")
	}
}

// Every endpoint under a base path, with its documented query, and a User-Agent.
func TestEveryEndpointIsAskedWhereThePortalHasIt(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	for path, c := range map[string]struct {
		result, query string
		call          func(*Client) error
	}{
		listPath: {`{"results":[],"total":0}`, "pageNo=1&pageSize=100&productId=13",
			func(c *Client) error { _, err := c.Products(ctx, 13); return err }},
		"/product/openapi/instance_product/v1/detail": {`{}`, "productId=13&productNo=A%26B",
			func(c *Client) error { _, err := c.Product(ctx, "A&B", 13); return err }},
		"/pricing/openapi/purchase/v1/purchase_product_info": {`{}`, "productId=9&productNo=A",
			func(c *Client) error { _, err := c.Offering(ctx, 9, "A"); return err }},
		contactsPath: {`{"contacts":[{"billingContactId":"3197218168379846218","emailAddress":"a@b"}]}`, "", func(c *Client) error {
			got, err := c.BillingContacts(ctx)
			if err == nil && (len(got) != 1 || got[0] != Contact{ID: 3197218168379846218, Email: "a@b"}) {
				t.Errorf("got %+v", got)
			}
			return err
		}},
		"/pricing/openapi/purchase/v1/product_list": {`[{"name":"PCE","productId":13}]`, "", func(c *Client) error {
			got, err := c.SubscribableProducts(ctx)
			if err == nil && (len(got) != 1 || got[0] != SubscribableProduct{13, "PCE"}) {
				t.Errorf("got %+v", got)
			}
			return err
		}},
		"/order/openapi/order/v1/page": {`{"count":117,"pageNo":2,"pageSize":3,"total":117,"totalPage":39,"results":[{"orderNo":"A1"}]}`, "pageNo=2&pageSize=3", func(c *Client) error {
			got, err := c.OrderPage(ctx, 2, 3)
			if err == nil && (got.PageNo != 2 || got.PageSize != 3 || got.TotalPage != 39 || got.Total != 117 || got.Rows[0].OrderNo != "A1") {
				t.Errorf("got %+v", got)
			}
			return err
		}},
		"/order/openapi/order/v1/get/EK3206246063826526208": {`{"orderInformation":{"orderNo":"EK3206246063826526208"}}`, "",
			func(c *Client) error { _, err := c.OrderDetails(ctx, "EK3206246063826526208"); return err }},
	} {
		p := newPortal(t, map[string]http.HandlerFunc{path: answer(200, success(c.result))})
		for _, slash := range []string{"", "/"} {
			client := newClient(t, p.URL+basePath+slash)
			if err := c.call(client); err != nil {
				t.Errorf("%s: %v", path, err)
			}
		}
		requests, _ := p.requests(path)
		if len(requests) != 2 {
			t.Fatalf("%s was asked %d times", path, len(requests))
		}
		for _, r := range requests {
			if r.URL.RawQuery != c.query || r.Header.Get("User-Agent") != "OpenAPI" || r.Method != "GET" || !strings.HasPrefix(r.Header.Get("Authorization"), "Bearer ") {
				t.Errorf("%s: %s ?%s %v", path, r.Method, r.URL.RawQuery, r.Header)
			}
		}
		// The same, answered with nonsense and with a refusal.
		for body, outcome := range map[string]Outcome{success(`7`): Unknown, success(`[7]`): Unknown, failure(400, "x"): Refused, failure(500, "x"): Unknown, "": Unknown} {
			if strings.HasSuffix(path, "purchase_product_info") && body == success(`[7]`) {
				continue // nothing on offer
			}
			p.route(path, answer(200, body))
			var e *Error
			if err := c.call(p.client(t)); !errors.As(err, &e) || e.Outcome != outcome || e.Endpoint == "" || e.Detail == "" {
				t.Errorf("%s answered %s: %v", path, body, err)
			}
		}
	}
}

func TestAnOrderIsNotLookedUpByAPath(t *testing.T) {
	t.Parallel()
	p := newPortal(t, nil)
	for _, id := range []string{"", "..", "1/../2", "a?b", "a%2fb", "ü", strings.Repeat("1", 65)} {
		if _, err := p.client(t).OrderDetails(context.Background(), id); err == nil {
			t.Errorf("%q was asked for", id)
		}
	}
	if len(p.seen) != 0 {
		t.Error("the portal was asked")
	}
}

func TestDetailsOfAnotherOrderAreAnError(t *testing.T) {
	t.Parallel()
	body := success(`{"orderInformation":{"orderNo":"EK2"}}`)
	p := newPortal(t, map[string]http.HandlerFunc{"/order/openapi/order/v1/get/EK1": answer(200, body), "/order/openapi/order/v1/get/77": answer(200, body)})
	if _, err := p.client(t).OrderDetails(context.Background(), "EK1"); err == nil {
		t.Error("EK2 was taken for EK1")
	}
	if d, err := p.client(t).OrderDetails(context.Background(), "77"); err != nil || d.OrderNo != "EK2" {
		t.Errorf("by id: %+v, %v", d, err)
	}
}

func TestAReadIsBoundedInSizeAndTime(t *testing.T) {
	t.Parallel()
	p := newPortal(t, map[string]http.HandlerFunc{contactsPath: func(w http.ResponseWriter, r *http.Request) {
		answer(200, success(`[]`)+strings.Repeat(" ", maxRead))(w, r)
	}})
	var e *Error
	if _, err := p.client(t).BillingContacts(context.Background()); !errors.As(err, &e) || e.Reason != ReasonBody || len(e.Raw) > MaxAnswer {
		t.Errorf("got %v", err)
	}
	p.route(contactsPath, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	_, err := withToken(p.client(t, func(cfg *Config) { cfg.CallTimeout = 100 * time.Millisecond })).BillingContacts(context.Background())
	if !errors.As(err, &e) || e.Reason != ReasonTimeout || !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "100ms") {
		t.Errorf("got %v", err)
	}
}

func TestAReadDoesNotFollowARedirectWithItsToken(t *testing.T) {
	t.Parallel()
	other := newPortal(t, nil)
	p := newPortal(t, map[string]http.HandlerFunc{contactsPath: func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, other.URL, http.StatusFound)
	}})
	if _, err := p.client(t).BillingContacts(context.Background()); err == nil || len(other.seen) != 0 {
		t.Errorf("%v; %d requests went elsewhere", err, len(other.seen))
	}
}

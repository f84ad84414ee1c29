package yeastartest

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

func credentials(id, secret string) url.Values {
	return url.Values{"grant_type": {"pp_credentials"}, "client_id": {id}, "client_secret": {secret}}
}

func TestATokenHasTheDocumentedShape(t *testing.T) {
	t.Parallel()
	p := open(t, Options{TokenLife: 90 * time.Second})
	got := decode[tokenJSON](t, p.grant(credentials("sim-client", "sim-secret"))) // ExpiresIn is a string or this fails
	if got.ExpiresIn != "90" || got.TokenHead != "Bearer" || got.Token == "" || got.RefreshToken == "" {
		t.Errorf("got %+v", got)
	}
}

func TestOtherCredentialsAreRefused(t *testing.T) {
	t.Parallel()
	p := open(t, Options{ClientID: "me", ClientSecret: "mine"})
	for _, c := range [][2]string{{"me", "yours"}, {"you", "mine"}, {"", ""}, {"sim-client", "sim-secret"}} {
		a := p.grant(credentials(c[0], c[1]))
		if a.status != 401 || !a.enveloped || a.env.Status != 401 || a.env.Code != "invalid_client" {
			t.Errorf("%v: got %d %s", c, a.status, a.body)
		}
		if c[1] != "" && strings.Contains(string(a.body), c[1]) {
			t.Errorf("%v: the answer repeats the secret: %s", c, a.body)
		}
	}
}

func TestTheOAuthStandardsGrantTypeIsNotThePortals(t *testing.T) {
	t.Parallel()
	p := open(t, Options{})
	form := credentials("sim-client", "sim-secret")
	form.Set("grant_type", "client_credentials")
	if a := p.grant(form); a.status != 400 || !strings.Contains(string(a.env.Result), "grant_type") {
		t.Errorf("got %d %s", a.status, a.body)
	}
}

func TestTheTokenCallTakesAFormAndNoJSON(t *testing.T) {
	t.Parallel()
	p := open(t, Options{})
	r := p.request(http.MethodPost, "/auth/openapi/v1/oauth/token", strings.NewReader(`{"grant_type":"pp_credentials"}`))
	r.Header.Set("Content-Type", "application/json")
	if a := p.mustSend(r); a.status != 415 {
		t.Errorf("json: got %d", a.status)
	}
	var form bytes.Buffer
	w := multipart.NewWriter(&form)
	for name, value := range credentials("sim-client", "sim-secret") {
		if err := w.WriteField(name, value[0]); err != nil {
			t.Fatal(err)
		}
	}
	w.Close()
	r = p.request(http.MethodPost, "/auth/openapi/v1/oauth/token", &form)
	r.Header.Set("Content-Type", w.FormDataContentType())
	decode[tokenJSON](t, p.mustSend(r))
}

func TestARefreshTokenIsGoodOnce(t *testing.T) {
	t.Parallel()
	p := open(t, Options{})
	first := decode[tokenJSON](t, p.grant(credentials("sim-client", "sim-secret")))
	refresh := url.Values{"grant_type": {"refresh_token"}, "refresh_token": {first.RefreshToken}}
	second := decode[tokenJSON](t, p.grant(refresh))
	if second.Token == first.Token || second.RefreshToken == first.RefreshToken {
		t.Errorf("a refresh gave the same again: %+v", second)
	}
	if a := p.grant(refresh); a.status != 401 || a.env.Code != "invalid_refresh_token" {
		t.Errorf("the old refresh token: got %d %s", a.status, a.body)
	}
	refresh.Set("refresh_token", second.RefreshToken)
	decode[tokenJSON](t, p.grant(refresh))
}

func TestARefreshTokenEndsAfterFifteenDays(t *testing.T) {
	t.Parallel()
	c := newClock()
	p := open(t, Options{Now: c.now})
	got := decode[tokenJSON](t, p.grant(credentials("sim-client", "sim-secret")))
	c.add(15 * 24 * time.Hour)
	if a := p.grant(url.Values{"grant_type": {"refresh_token"}, "refresh_token": {got.RefreshToken}}); a.status != 401 {
		t.Errorf("got %d %s", a.status, a.body)
	}
}

func TestAnExpiredTokenIsRefusedInTheEnvelope(t *testing.T) {
	t.Parallel()
	c := newClock()
	p := open(t, Options{Now: c.now, TokenLife: time.Minute})
	c.add(59 * time.Second)
	if a := p.get("/user/openapi/user/v1/client/billing_contact_list"); a.status != 200 {
		t.Errorf("a second before its end: got %d", a.status)
	}
	c.add(time.Second)
	if a := p.get("/user/openapi/user/v1/client/billing_contact_list"); a.status != 401 || a.env.Code != "token_invalid" || a.env.Status != 401 {
		t.Errorf("at its end: got %d %s", a.status, a.body)
	}
	if a := p.mustSave(minutes("x-1")); a.status != 401 {
		t.Errorf("create order: got %d", a.status)
	}
	if n := len(p.Ledger().Orders); n != 0 {
		t.Errorf("an order was made without a token")
	}
}

func TestTokensCanBeEndedInMidBatch(t *testing.T) {
	t.Parallel()
	p := open(t, Options{})
	got := decode[tokenJSON](t, p.grant(credentials("sim-client", "sim-secret")))
	refresh := url.Values{"grant_type": {"refresh_token"}, "refresh_token": {got.RefreshToken}}
	p.ExpireTokens()
	if a := p.mustSave(minutes("x-1")); a.status != 401 {
		t.Errorf("after ExpireTokens: got %d", a.status)
	}
	got = decode[tokenJSON](t, p.grant(refresh))
	refresh.Set("refresh_token", got.RefreshToken)
	p.ForgetTokens()
	if a := p.grant(refresh); a.status != 401 {
		t.Errorf("after ForgetTokens: got %d", a.status)
	}
}

func TestTokensThatAreOverAreNotKeptForEver(t *testing.T) {
	t.Parallel()
	c := newClock()
	s := New(Options{})
	for range 5000 {
		s.tokens.give(1, c.now(), time.Minute)
		c.add(time.Second)
	}
	if n := len(s.tokens.access); n > 1100 {
		t.Errorf("%d tokens kept", n)
	}
}

func TestEachCallWantsATokenAndAUserAgent(t *testing.T) {
	t.Parallel()
	p := open(t, Options{})
	for _, path := range []string{
		"/product/openapi/instance_product/v1/client/instance_product_list?productId=13",
		"/product/openapi/instance_product/v1/detail?productId=13&productNo=" + TutorialHAPBX,
		"/pricing/openapi/purchase/v1/product_list",
		"/pricing/openapi/purchase/v1/purchase_product_info?productId=13",
		"/user/openapi/user/v1/client/billing_contact_list",
		"/order/openapi/order/v1/page",
		"/order/openapi/order/v1/get/1",
	} {
		r := p.request(http.MethodGet, path, nil)
		r.Header.Del("Authorization")
		if a := p.mustSend(r); a.status != 401 {
			t.Errorf("%s without a token: got %d", path, a.status)
		}
		r = p.request(http.MethodGet, path, nil)
		r.Header["User-Agent"] = []string{""}
		if a := p.mustSend(r); a.status != 400 || !strings.Contains(string(a.env.Result), "User-Agent") {
			t.Errorf("%s without a User-Agent: got %d %s", path, a.status, a.body)
		}
		r = p.request(http.MethodPost, path, nil)
		if a := p.mustSend(r); a.status != 405 {
			t.Errorf("POST %s: got %d", path, a.status)
		}
	}
}

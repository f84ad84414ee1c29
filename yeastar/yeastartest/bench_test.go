package yeastartest

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// BenchmarkCreateOrder is the server's own time for one order, without a network. It sits inside other
// benchmarks, so it should stay far below the 100 µs that they can afford.
func BenchmarkCreateOrder(b *testing.B) {
	s := New(Options{})
	form := "grant_type=pp_credentials&client_id=sim-client&client_secret=sim-secret"
	r := httptest.NewRequest(http.MethodPost, "/auth/openapi/v1/oauth/token", strings.NewReader(form))
	r.Header.Set("User-Agent", "OpenAPI")
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	_, token, _ := strings.Cut(w.Body.String(), `"token":"`)
	token, _, _ = strings.Cut(token, `"`)
	body := minutes("oqkj4thvgdmn4trk6peltd7uvg-1")
	b.ReportAllocs()
	for b.Loop() {
		r := httptest.NewRequest(http.MethodPost, "/order/openapi/order/v1/save", strings.NewReader(body))
		r.Header.Set("User-Agent", "OpenAPI")
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Authorization", "Bearer "+token)
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		if w.Code != http.StatusOK {
			b.Fatalf("got %d %s", w.Code, w.Body)
		}
	}
}

package yeastartest

import (
	"crypto/subtle"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// refreshLife is how long a refresh token is good (refresh-access-token).
const refreshLife = 15 * 24 * time.Hour

// tokens are those given out. A new grant leaves older access tokens alone (the portal's pages do not say
// otherwise), a refresh token is good once.
type tokens struct {
	access  map[string]time.Time // token to its end
	refresh map[string]time.Time
	given   int
}

// grant answers the token call, both of its grant types.
func (s *Server) grant(x *exchange) reply {
	mediaType, _, _ := strings.Cut(x.r.Header.Get("Content-Type"), ";")
	x.r.Body = http.MaxBytesReader(x.w, x.r.Body, maxBody)
	var err error
	switch strings.TrimSpace(mediaType) {
	case "application/x-www-form-urlencoded":
		err = x.r.ParseForm()
	case "multipart/form-data":
		err = x.r.ParseMultipartForm(maxBody)
	default:
		return failure(http.StatusUnsupportedMediaType, "unsupported_media_type", "Content-Type %q: the token call takes a form", mediaType)
	}
	if err != nil {
		return invalid("body", "form", "not a form")
	}
	form := x.r.PostForm
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.opt.Now()
	switch kind := form.Get("grant_type"); kind {
	case "pp_credentials":
		id := subtle.ConstantTimeCompare([]byte(form.Get("client_id")), []byte(s.opt.ClientID))
		secret := subtle.ConstantTimeCompare([]byte(form.Get("client_secret")), []byte(s.opt.ClientSecret))
		if id&secret != 1 {
			return failure(http.StatusUnauthorized, "invalid_client", "client_id or client_secret is wrong")
		}
	case "refresh_token":
		old := form.Get("refresh_token")
		until, known := s.tokens.refresh[old]
		if !known || !now.Before(until) {
			return failure(http.StatusUnauthorized, "invalid_refresh_token", "the refresh token is unknown, used or expired")
		}
		delete(s.tokens.refresh, old)
	default:
		return invalid("grant_type", "oneof", "%q is neither pp_credentials nor refresh_token", kind)
	}
	return s.tokens.give(die(s.opt.Seed), now, s.opt.TokenLife)
}

func (t *tokens) give(d die, now time.Time, life time.Duration) reply {
	t.given++
	if t.given%1000 == 0 { // a long run with short-lived tokens must not grow for ever
		for token, until := range t.access {
			if now.After(until) {
				delete(t.access, token)
			}
		}
	}
	token := fmt.Sprintf("sim.access.%016x%016x", d.roll("access", t.given), t.given)
	refresh := fmt.Sprintf("sim.refresh.%016x%016x", d.roll("refresh", t.given), t.given)
	t.access[token] = now.Add(life)
	t.refresh[refresh] = now.Add(refreshLife)
	return ok(struct { // Token_Details of request-access-token: expiresIn is a String of seconds
		ExpiresIn    string `json:"expiresIn"`
		RefreshToken string `json:"refreshToken"`
		Token        string `json:"token"`
		TokenHead    string `json:"tokenHead"`
	}{strconv.FormatInt(int64((life+time.Second-1)/time.Second), 10), refresh, token, "Bearer"})
}

// unauthorized is the refusal of a call whose token is missing, unknown or over; nil where it is good.
// s.mu is held.
func (s *Server) unauthorized(r *http.Request) *reply {
	head, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	until, known := s.tokens.access[token]
	if strings.EqualFold(head, "Bearer") && known && s.opt.Now().Before(until) {
		return nil
	}
	refusal := failure(http.StatusUnauthorized, "token_invalid", "the access token is missing, unknown or expired")
	return &refusal
}

// ExpireTokens ends every access token now: the next call with one gets 401. Refresh tokens stay good.
func (s *Server) ExpireTokens() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.tokens.access)
}

// ForgetTokens ends the refresh tokens too, as a Reset of the secret may.
func (s *Server) ForgetTokens() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.tokens.access)
	clear(s.tokens.refresh)
}

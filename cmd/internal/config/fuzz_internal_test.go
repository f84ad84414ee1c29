package config

import (
	"crypto/tls"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// FuzzRedisURL: a URL that is taken means to us what it says (no part of it is read over), its print leads to
// the same place without its secrets, and user and password arrive as they are, whatever is in them.
func FuzzRedisURL(f *testing.F) {
	for _, s := range []string{"redis://h", "redis://h:1/2", "rediss://ann:pw@h/0?read_timeout=3s", "unix:///run/redis.sock?db=1", "embedded://",
		"redis://[fe80::1%25eth0]:1/1", "redis://%25/1", "unix:///a%3Fb%25?db=3", "unix:///run/redis#1.sock", "redis://h?db=3;x=1", "redis://h/0?db=%zz3",
		"unix://u:p@/run/a b?db=+1", "REDIS://H/00?db=2&db=3", "redis://h:/", "rediss://h?skip_verify=true", "redis://h/1?db=3"} {
		f.Add(s, "ann", "s3cr3t-canary/@:%?#")
	}
	f.Fuzz(func(t *testing.T, s, user, password string) {
		if r, err := ParseRedis(s); err == nil {
			asItSays(t, s, r)
		}
		whole := url.URL{Scheme: "rediss", User: url.UserPassword(user, password), Host: "redis.test:7000", Path: "/3"}
		r, err := ParseRedis(whole.String())
		if err != nil {
			t.Fatalf("%s: %v", whole.String(), err)
		}
		o := r.Options()
		if o.Username != user && password != "" || o.Password != password || o.Addr != "redis.test:7000" || o.DB != 3 || o.TLSConfig == nil {
			t.Fatalf("%s was read as %q, %q, %s, %d", whole.String(), o.Username, o.Password, o.Addr, o.DB)
		}
		if len(password) < 8 || strings.Contains("rediss://redis.test:7000/3", password) {
			return
		}
		text, _ := r.MarshalText()
		for _, print := range []string{r.String(), string(text), fmt.Sprintf("%v %+v %#v %s %q", r, r, r, r, r), fmt.Sprintf("%+v", Config{Redis: r})} {
			if strings.Contains(print, password) {
				t.Fatalf("printed: %q", print)
			}
		}
	})
}

// asItSays compares what was understood with what stands there.
func asItSays(t *testing.T, s string, r Redis) {
	t.Helper()
	u, err := url.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	again, err := ParseRedis(r.String())
	if err != nil || again.String() != r.String() || again.Embedded() != r.Embedded() {
		t.Fatalf("%q prints as %s, which reads as %s, %v", s, r, again, err)
	}
	if r.Embedded() {
		return
	}
	if u.Fragment != "" {
		t.Fatalf("%q: what is behind the # was read over", s)
	}
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		t.Fatalf("%q: a part of its options was read over: %v", s, err)
	}
	o := r.Options()
	place := again.Options()
	if place.Addr != o.Addr || place.DB != o.DB || place.Network != o.Network || (place.TLSConfig == nil) != (o.TLSConfig == nil) {
		t.Fatalf("%q is %s %s %d, its print leads to %s %s %d", s, o.Network, o.Addr, o.DB, place.Network, place.Addr, place.DB)
	}
	db := ""
	if u.Scheme != "unix" {
		db = strings.Trim(u.Path, "/")
	}
	if said := query["db"]; len(said) > 0 && said[len(said)-1] != "" {
		db = said[len(said)-1]
	}
	if n, err := strconv.Atoi(db); db != "" && (err != nil || n != o.DB) || db == "" && o.DB != 0 {
		t.Fatalf("%q: database %d", s, o.DB)
	}
	if secure := o.TLSConfig; (secure != nil) != (u.Scheme == "rediss") || secure != nil && (secure.MinVersion < tls.VersionTLS12 || secure.InsecureSkipVerify && !query.Has("skip_verify")) {
		t.Fatalf("%q: TLS %+v", s, secure)
	}
	if !o.ContextTimeoutEnabled || o.ClientName == "" {
		t.Fatalf("%q: %+v", s, o)
	}
}

// FuzzRate: a rate that is taken is one that its clock can tell, and is printed as something that is read as
// the same; every rate within bounds is taken.
func FuzzRate(f *testing.F) {
	for _, s := range []string{"20/s", "300/m", "1000/h", "unlimited", "1000000/s", "1000001/s", "0/s", "-1/h", "+5/m", "1e3/s", "20/s/s", "1/d", " 1/s", ""} {
		f.Add(s, 20)
	}
	f.Fuzz(func(t *testing.T, s string, events int) {
		if r, err := ParseRate(s); err == nil {
			again, err := ParseRate(r.String())
			if err != nil || again != r {
				t.Fatalf("%q prints as %s, which reads as %v, %v", s, r, again, err)
			}
			if r.Unlimited() != (s == "unlimited") || !r.Unlimited() && (r.Interval() < time.Microsecond || r.Interval() > time.Hour) {
				t.Fatalf("%q: every %s", s, r.Interval())
			}
			if spread := r.Interval() * time.Duration(r.Events); spread > r.Per || r.Per-spread >= time.Duration(max(r.Events, 1)) {
				t.Fatalf("%q: %d times %s are not %s", s, r.Events, r.Interval(), r.Per)
			}
		} else if strings.Contains(err.Error(), s) && len(s) > 12 {
			t.Fatalf("the error repeats what its reader adds: %v", err)
		}
		for unit, per := range map[string]time.Duration{"s": time.Second, "m": time.Minute, "h": time.Hour} {
			r, err := ParseRate(fmt.Sprintf("%d/%s", events, unit))
			if within := events >= 1 && events <= maxEvents; within != (err == nil) || within && r != (Rate{events, per}) {
				t.Fatalf("%d/%s was read as %v, %v", events, unit, r, err)
			}
		}
	})
}

// FuzzTokens: whatever the text, its error shows nothing of it, and what is taken has a name, a role and a token
// each, all different, and says the same when it is written again.
func FuzzTokens(f *testing.F) {
	for _, s := range []string{"ops:operator:a:b, shop:producer:c", "a:viewer:b,a:viewer:c", "a:viewer:b,b:viewer:b", "a:boss:b", "::", "a:viewer:", "a:viewer:b,", ",",
		"x: viewer:b", "a:viewer: b", "s3cr3t-canary", "s3cr3t-canary:viewer", "viewer:s3cr3t-canary:a", "a:viewer:s3cr3t-canary,b:viewer:s3cr3t-canary"} {
		f.Add(s, "ops", 1)
	}
	f.Fuzz(func(t *testing.T, s, name string, role int) {
		got, err := parseTokens(s)
		if err != nil {
			for _, piece := range strings.FieldsFunc(s, func(r rune) bool { return r == ':' || r == ',' || r == ' ' }) {
				if len(piece) > 9 && strings.Contains(err.Error(), piece) && !strings.Contains(tokensSaid, piece) {
					t.Fatalf("the error shows %q: %v", piece, err)
				}
			}
			return
		}
		var entries []string
		names, tokens := map[string]bool{}, map[string]bool{}
		for _, tok := range got {
			if tok.Name == "" || tok.Token == "" || !slices.Contains([]Role{Viewer, Producer, Operator}, tok.Role) {
				t.Fatalf("%q gives %v", s, tok)
			}
			names[tok.Name], tokens[tok.Token.Reveal()] = true, true
			entries = append(entries, tok.Name+":"+string(tok.Role)+":"+tok.Token.Reveal())
			if print := fmt.Sprintf("%v %+v %#v", tok, tok, []Token{tok}); len(tok.Token) > 8 && !strings.Contains(tok.Name, tok.Token.Reveal()) && strings.Contains(print, tok.Token.Reveal()) {
				t.Fatalf("printed: %s", print)
			}
		}
		if len(names) != len(got) || len(tokens) != len(got) || len(got) == 0 {
			t.Fatalf("%q gives %d bearers of %d names and %d tokens", s, len(got), len(names), len(tokens))
		}
		again, err := parseTokens(strings.Join(entries, ","))
		if err != nil || !slices.Equal(again, got) {
			t.Fatalf("%q is written again as %q, and then %v", s, entries, err)
		}
		grown, err := parseTokens(s + "," + name + "+:" + []string{"viewer", "producer", "operator", "root"}[int(uint(role)%4)] + ":another-token")
		if err == nil && (len(grown) <= len(got) || !slices.Equal(grown[:len(got)], got)) {
			t.Fatalf("another bearer changed those before it: %v", grown)
		}
	})
}

// tokensSaid is all that errors about tokens are made of.
const tokensSaid = "entries with commas between them want name:role:token one of viewer producer operator have the same give each its own"

// FuzzLoad: whatever is set, the configuration comes out whole or not at all, and nothing of a secret is in its errors.
func FuzzLoad(f *testing.F) {
	names := variables()
	for i := range names {
		for _, s := range []string{"", canary, "-1", "1", "30s", "true", "http://u:" + canary + "@h", "127.0.0.1:0", "\x00\xff", "9999999h"} {
			f.Add(i, s, len(names)-1-i, s)
		}
	}
	f.Fuzz(func(t *testing.T, which int, value string, other int, second string) {
		a, b := names[uint(which)%uint(len(names))], names[uint(other)%uint(len(names))]
		// What is no secret is quoted where it is wrong, so it must not look like one here.
		plain := strings.NewReplacer(canary, "plain")
		if !a.secret {
			value = plain.Replace(value)
		}
		if !b.secret {
			second = plain.Replace(second)
		}
		c, err := Load(lookup(map[string]string{a.name: value, b.name: second}))
		if err != nil {
			if strings.Contains(err.Error(), canary) {
				t.Fatalf("%s=%q %s=%q: the error shows it: %v", a.name, value, b.name, second, err)
			}
			return
		}
		if c.Concurrency < 1 || c.Servers < 1 || c.Settle <= 0 || c.CallTimeout <= 0 || c.TaskTimeout <= c.CallTimeout || c.ShutdownTimeout <= c.TaskTimeout || c.Rate.Events < 0 {
			t.Fatalf("%s=%q %s=%q: %+v", a.name, value, b.name, second, c)
		}
		if u, err := url.Parse(c.BaseURL); err != nil || u.User != nil || u.RawQuery != "" || u.Hostname() == "" {
			t.Fatalf("base URL %q: %v", c.BaseURL, err)
		}
	})
}

package webhook

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"orderq/store/hook"
)

func TestTheGuardRefusesWhatIsNotThePublicInternet(t *testing.T) {
	t.Parallel()
	for address, why := range map[string]string{
		"127.0.0.1": "loopback", "127.255.255.254": "loopback", "::1": "loopback", "::ffff:127.0.0.1": "loopback", "::ffff:7f00:1": "loopback",
		"10.0.0.1": "private", "172.16.0.1": "private", "172.31.255.255": "private", "192.168.1.1": "private", "::ffff:10.0.0.1": "private",
		"fc00::1": "private", "fdff::1": "private", "fec0::1": "reserved",
		"169.254.169.254": "link-local", "169.254.0.1": "link-local", "::ffff:169.254.169.254": "link-local", "fe80::1": "link-local", "fe80::1%eth0": "link-local",
		"fd00:ec2::254": "private", // a cloud's metadata over IPv6
		"100.64.0.1":    "carrier", "100.127.255.255": "carrier",
		"0.0.0.0": "unspecified", "0.1.2.3": "unspecified", "::": "unspecified",
		"224.0.0.1": "multicast", "239.255.255.255": "multicast", "ff02::1": "multicast", "255.255.255.255": "reserved", "240.0.0.1": "reserved",
		"192.0.0.8": "reserved", "198.18.0.1": "reserved", "192.0.2.1": "reserved", "198.51.100.1": "reserved", "203.0.113.1": "reserved", "192.88.99.1": "6to4",
		"64:ff9b::7f00:1": "NAT64", "64:ff9b::808:808": "NAT64", "64:ff9b:1::1": "reserved", "::7f00:1": "reserved",
		"2002:7f00:1::": "6to4 of an address that is loopback", "2002:a9fe:a9fe::1": "6to4 of an address that is link-local", "2002:a00:1::": "6to4 of an address that is private",
		"2001::1": "reserved", "2001:db8::1": "reserved", "3fff::1": "reserved", "4000::1": "reserved", "100::1": "reserved",
	} {
		var refused *RefusedError
		if err := (Guard{}).Check(netip.MustParseAddr(address), false); !errors.As(err, &refused) || !strings.Contains(refused.Why, why) {
			t.Errorf("%s: %v, want it refused as %s", address, err, why)
		}
	}
	for _, address := range []string{"8.8.8.8", "::ffff:8.8.8.8", "93.184.216.34", "172.15.255.255", "172.32.0.1", "100.63.255.255", "100.128.0.1", "2606:4700::1111", "2a00:1450::1", "2002:808:808::1"} {
		if err := (Guard{}).Check(netip.MustParseAddr(address), false); err != nil {
			t.Errorf("%s is public: %v", address, err)
		}
		if err := (Guard{}).Check(netip.MustParseAddr(address), true); err == nil {
			t.Errorf("%s by plain http is called", address)
		}
	}
}

func TestTheSettingsNameWhatMayBeCalledAllTheSame(t *testing.T) {
	t.Parallel()
	allow, err := Networks(" 10.1.2.3/16, ::1 ,192.0.2.7, fd00::/8,")
	if err != nil || len(allow) != 4 {
		t.Fatalf("%v, %v", allow, err)
	}
	g := Guard{allow}
	for address, ok := range map[string]bool{
		"10.1.255.1": true, "::ffff:10.1.2.3": true, "10.2.0.1": false, "::1": true, "127.0.0.1": false, "192.0.2.7": true, "192.0.2.8": false, "fd12::1": true, "fe80::1": false,
		"2002:a01:203::1": false, // 6to4 of one that is named is not named itself
	} {
		for _, plain := range []bool{false, true} {
			if err := g.Check(netip.MustParseAddr(address), plain); (err == nil) != ok {
				t.Errorf("%s, plain %v: %v, want allowed %v", address, plain, err, ok)
			}
		}
	}
	for _, bad := range []string{"10.0.0.0/33", "localhost", "10.0.0.0/8;11.0.0.0/8", "::ffff:10.0.0.0/104", "fe80::1%eth0/64"} {
		if got, err := Networks(bad); err == nil {
			t.Errorf("%q is taken as %v", bad, got)
		}
	}
}

func TestAURLThatCannotBeCalledIsRefusedAtOnce(t *testing.T) {
	t.Parallel()
	for url, why := range map[string]string{
		"": "want https", "hooks.example.com": "want https", "ftp://h/": "want https", "file:///etc/passwd": "want https", "https://": "want https", "https:///x": "want https",
		"https:h": "want https", "javascript:alert(1)": "want https", "https://h:99999x/": "want https", "https://h:99999/": "a port that is none", "https://h:0/": "a port that is none",
		"https://u:p@h/": "user or a password", "https://u@h/": "user or a password", "https://h/#x": "has a #", "https://h/a b": "spaces",
		"https://127.0.0.1/": "loopback", "https://[::1]:8443/": "loopback", "https://169.254.169.254/latest": "link-local", "https://[::ffff:10.0.0.1]/": "private",
		"http://hooks.example.com/": "use https", "http://8.8.8.8/": "use https", "https://h/" + strings.Repeat("x", maxURL): "more than 2000 bytes",
	} {
		if err := (Guard{}).CheckURL(url); err == nil || !strings.Contains(err.Error(), why) {
			t.Errorf("%.60s: %v, want %q", url, err, why)
		}
	}
	loopback := Guard{[]netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}
	for _, url := range []string{"http://127.0.0.1:8080/x?k=1", "http://receiver.internal/", "https://hooks.example.com/"} {
		if err := loopback.CheckURL(url); err != nil {
			t.Errorf("%s: %v", url, err)
		}
	}
}

// A name that was looked up for a check and again for the dialling may have moved in between: the guard looks at what
// is dialled.
func TestANameThatIsReboundToLoopbackIsNotDialled(t *testing.T) {
	t.Parallel()
	var called atomic.Int32
	inside := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { called.Add(1) }))
	defer inside.Close()
	_, port, err := net.SplitHostPort(inside.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	names := &rebinding{answers: []string{"93.184.216.34", "127.0.0.1", "169.254.169.254"}}
	s := NewSender(SenderConfig{Resolver: &net.Resolver{PreferGo: true, Dial: names.dial}})
	defer s.Close()
	// The public address is let pass by the guard, and by nobody behind it: this test calls no stranger.
	var passed []string
	d := s.guard.dialer(false, &net.Resolver{PreferGo: true, Dial: names.dial})
	guarded := d.Control
	d.Control = func(network, address string, c syscall.RawConn) error {
		if err := guarded(network, address, c); err != nil {
			return err
		}
		passed = append(passed, address)
		return errors.New("public, and not called by a test")
	}
	s.secure.Transport.(*http.Transport).DialContext = d.DialContext

	e := hook.Endpoint{ID: "wh1", URL: "https://rebound.example.com:" + port + "/"}
	secrets := []hook.Secret{hook.NewSecret()}
	if err := s.guard.CheckURL(e.URL); err != nil {
		t.Fatal(err)
	}
	first := s.Send(t.Context(), e, secrets, "1", nil)
	if first.Err == nil || len(passed) != 1 || passed[0] != "93.184.216.34:"+port {
		t.Fatalf("first: %v, passed %v", first.Err, passed)
	}
	second := s.Send(t.Context(), e, secrets, "1", nil)
	third := s.Send(t.Context(), e, secrets, "1", nil)
	if second.Err == nil || !strings.Contains(second.Err.Error(), "127.0.0.1 must not be called: it is loopback") ||
		third.Err == nil || !strings.Contains(third.Err.Error(), "169.254.169.254 must not be called") {
		t.Errorf("second: %v; third: %v", second.Err, third.Err)
	}
	if len(passed) != 1 || called.Load() != 0 || names.asked() < 3 {
		t.Errorf("passed %v, called %d times, asked %d times", passed, called.Load(), names.asked())
	}
}

// rebinding is a name server that answers the first question for an address with one, the next with the next.
type rebinding struct {
	mu      sync.Mutex
	answers []string
	n       int
}

func (r *rebinding) asked() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.n
}

// dial speaks DNS over a pipe, framed as over TCP.
func (r *rebinding) dial(context.Context, string, string) (net.Conn, error) {
	client, server := net.Pipe()
	go func() {
		defer server.Close()
		for {
			var length [2]byte
			if _, err := io.ReadFull(server, length[:]); err != nil {
				return
			}
			question := make([]byte, binary.BigEndian.Uint16(length[:]))
			if _, err := io.ReadFull(server, question); err != nil {
				return
			}
			answer := r.answer(question)
			if _, err := server.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(answer))), answer...)); err != nil {
				return
			}
		}
	}()
	return client, nil
}

// answer gives one A record, and none of any other type.
func (r *rebinding) answer(q []byte) []byte {
	end := 12 // of the question: labels, a zero, type and class
	for q[end] != 0 {
		end += int(q[end]) + 1
	}
	end += 5
	a := q[end-4 : end-2][1] == 1
	out := append([]byte{q[0], q[1], 0x81, 0x80, 0, 1, 0, 0, 0, 0, 0, 0}, q[12:end]...)
	if !a {
		return out
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	ip := netip.MustParseAddr(r.answers[min(r.n, len(r.answers)-1)]).As4()
	r.n++
	out[7] = 1
	out = append(out, 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4)
	return append(out, ip[:]...)
}

package api_test

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"orderq/cmd/internal/api"
	"orderq/store"
	"orderq/store/storetest"
	"orderq/tasks"
)

// briefly is how long a client may be slow where a test is about its being cut off: long enough for one that is not slow,
// on a machine that is.
const briefly = 2 * time.Second

// listen serves a rig's API on a listener of its own, with so much patience for a header and for the rest of a request.
func listen(t *testing.T, r *rig, cert, key string, header, rest time.Duration) *api.Listener {
	t.Helper()
	l, err := api.Listen(t.Context(), "127.0.0.1:0", cert, key)
	if err != nil {
		t.Fatal(err)
	}
	s := api.ServeWithin(l, r.api, header, rest)
	t.Cleanup(func() {
		r.client.CloseIdleConnections()
		s.Close(context.WithoutCancel(t.Context()))
	})
	return l
}

// dial opens a connection that breaks with the test.
func dial(t *testing.T, l *api.Listener) net.Conn {
	t.Helper()
	var d net.Dialer
	c, err := d.DialContext(t.Context(), "tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	if err := c.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	return c
}

func TestWhoIsSlowIsCutOff(t *testing.T) {
	t.Parallel()
	r := newRig(t, storetest.Embedded(t))
	before := r.room.Dump(t)
	l := listen(t, r, "", "", briefly, briefly)
	head := "POST /v1/orders HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 500\r\n"
	for name, text := range map[string]string{"nothing": "", "half a header": head, "half a body": head + "\r\n{\"reference\":"} {
		c := dial(t, l)
		if _, err := io.WriteString(c, text); err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(c) // ends when the server hangs up, long before our patience does
		if err != nil && !strings.Contains(err.Error(), "reset") {
			t.Errorf("%s: %v", name, err)
		}
		if name == "half a body" && !strings.Contains(string(got), "/problems/slow") {
			t.Errorf("%s: %q", name, got)
		}
	}
	if r.room.Dump(t) != before {
		t.Error("something was written")
	}
}

func TestAStreamMayTakeLongerThanAPlainRequestAsLongAsItMoves(t *testing.T) {
	t.Parallel()
	r := newRig(t, storetest.Embedded(t))
	l := listen(t, r, "", "", patience, 100*time.Millisecond)
	c := dial(t, l)
	send := func(text string) {
		t.Helper()
		if _, err := fmt.Fprintf(c, "%x\r\n%s\r\n", len(text), text); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := io.WriteString(c, "POST /v1/orders HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	from := bufio.NewReader(c)
	resp, err := http.ReadResponse(from, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	answers := bufio.NewScanner(resp.Body)
	over := time.NewTimer(400 * time.Millisecond) // four times what a plain request may take here
	defer over.Stop()
	for i := 0; ; i++ {
		send(minutes(fmt.Sprint("s-", i)) + "\n")
		if !answers.Scan() || !strings.Contains(answers.Text(), `"status":202`) {
			t.Fatalf("line %d: %q, %v", i+1, answers.Text(), answers.Err())
		}
		select {
		case <-over.C:
			send("")
			return
		default:
		}
	}
}

func TestManyHeadersAreRefused(t *testing.T) {
	t.Parallel()
	r := newRig(t, storetest.Embedded(t))
	l := listen(t, r, "", "", patience, patience)
	c := dial(t, l)
	go func() {
		_, _ = io.WriteString(c, "GET /v1/orders HTTP/1.1\r\nHost: localhost\r\n"+strings.Repeat("X-Many: headers\r\n", 10_000)+"\r\n") // it hangs up in between
	}()
	got, _ := io.ReadAll(c)
	if len(got) > 0 && !strings.HasPrefix(string(got), "HTTP/1.1 431") {
		t.Errorf("%q", got)
	}
	c = dial(t, l)
	if _, err := io.WriteString(c, "GET /v1/halt HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(c); err != nil || !strings.HasPrefix(string(got), "HTTP/1.1 200") {
		t.Errorf("afterwards: %q, %v", got, err)
	}
}

func TestAClosedServerHasFinishedWhatItWasDoing(t *testing.T) {
	t.Parallel()
	r := newRig(t, storetest.Embedded(t))
	l, err := api.Listen(t.Context(), "127.0.0.1:0", "", "")
	if err != nil {
		t.Fatal(err)
	}
	s := api.ServeWithin(l, r.api, patience, patience)
	body, feed := newPipe()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, l.URL()+"/v1/orders", body)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-ndjson")
	first := make(chan struct{})
	got := make(chan string, 1)
	go func() {
		resp, err := r.client.Do(req)
		if err != nil {
			got <- err.Error()
			close(first)
			return
		}
		defer resp.Body.Close()
		from := newScanner(resp.Body)
		from.Scan()
		close(first)
		text := from.Text()
		for from.Scan() {
			text += from.Text()
		}
		got <- text
	}()
	feed(minutes("one") + "\n")
	<-first
	r.api.Stop() // the stream stands open: nothing more is read of it
	s.Close(context.WithoutCancel(t.Context()))
	feed("")
	if text := <-got; !strings.Contains(text, `"reference":"one"`) || strings.Count(text, `"status"`) > 2 {
		t.Errorf("%s", text)
	}
	if o, err := r.room.Store.Get(t.Context(), tasks.OrderID("default", "one")); err != nil || o.State != store.Accepted {
		t.Errorf("%+v, %v", o, err)
	}
	if _, err := net.DialTimeout("tcp", l.Addr().String(), time.Second); err == nil {
		t.Error("it still listens")
	}
}

func TestACertificateMakesItHTTPS(t *testing.T) {
	t.Parallel()
	r := newRig(t, storetest.Embedded(t))
	cert, key, roots := certificate(t)
	l := listen(t, r, cert, key, patience, patience)
	if !strings.HasPrefix(l.URL(), "https://127.0.0.1:") || !l.Loopback {
		t.Errorf("%s, loopback %t", l.URL(), l.Loopback)
	}
	for _, proto := range []string{"http/1.1", "h2"} {
		transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, NextProtos: []string{proto}}, ForceAttemptHTTP2: proto == "h2"}
		client := &http.Client{Transport: transport, Timeout: patience}
		resp, err := client.Post(l.URL()+"/v1/orders", "application/x-ndjson", strings.NewReader(minutes("t-"+proto)+"\n"))
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil || resp.StatusCode != http.StatusOK || !strings.Contains(string(text), `"status":202`) || resp.ProtoMajor != map[string]int{"http/1.1": 1, "h2": 2}[proto] {
			t.Errorf("%s: %s %s %s, %v", proto, resp.Proto, resp.Status, text, err)
		}
		transport.CloseIdleConnections()
	}
	if _, err := api.Listen(t.Context(), "127.0.0.1:0", cert, "/nowhere/at/all"); err == nil || !strings.Contains(err.Error(), "ORDERQ_TLS_KEY") {
		t.Errorf("a key that is not there: %v", err)
	}
	if _, err := api.Listen(t.Context(), l.Addr().String(), "", ""); err == nil || !strings.Contains(err.Error(), "choose another address") {
		t.Errorf("an address that is taken: %v", err)
	}
}

// certificate makes one for 127.0.0.1, signed by itself.
func certificate(t *testing.T) (cert, key string, roots *x509.CertPool) {
	t.Helper()
	pair, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	what := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "orderq test"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(time.Hour), IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, what, what, &pair.PublicKey, pair)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(pair)
	if err != nil {
		t.Fatal(err)
	}
	write := func(name, kind string, bytes []byte) string {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: bytes}), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	cert, key = write("cert.pem", "CERTIFICATE", der), write("key.pem", "PRIVATE KEY", secret)
	roots = x509.NewCertPool()
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots.AddCert(parsed)
	return cert, key, roots
}

func TestAFileMayTakeLongerThanAnAnswerAsLongAsItMoves(t *testing.T) {
	t.Parallel()
	r := newRig(t, storetest.Embedded(t))
	l := listen(t, r, "", "", patience, 100*time.Millisecond)
	c := dial(t, l)
	send := func(text string) {
		t.Helper()
		if _, err := fmt.Fprintf(c, "%x\r\n%s\r\n", len(text), text); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := io.WriteString(c, "POST /v1/batches?name=slow HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/csv\r\nTransfer-Encoding: chunked\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	send("SN,Kind,Qty\n")
	row := time.NewTicker(50 * time.Millisecond)
	defer row.Stop()
	for i := range 14 { // longer than a plain answer may take to be taken here
		<-row.C
		send(fmt.Sprintf("3658B4311%07d,add_recording_minutes,100\n", i))
	}
	send("")
	resp, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if text, err := io.ReadAll(resp.Body); err != nil || resp.StatusCode != http.StatusAccepted || !strings.Contains(string(text), `"new":14`) {
		t.Errorf("%s %s, %v", resp.Status, text, err)
	}
}

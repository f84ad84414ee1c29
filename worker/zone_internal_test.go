package worker

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"regexp"
	"strconv"
	"testing"
	"time"

	"orderq/store"
	"orderq/store/storetest"
	"orderq/yeastar/yeastartest"
)

// inZone is a portal that shows the times of its orders as a clock on a wall does that is so far ahead, and says no zone:
// none is documented.
func inZone(t *testing.T, portal string, ahead time.Duration) string {
	t.Helper()
	at, err := url.Parse(portal)
	if err != nil {
		t.Fatal(err)
	}
	created := regexp.MustCompile(`"createTime":(\d+)`)
	proxy := httputil.NewSingleHostReverseProxy(at)
	proxy.ModifyResponse = func(r *http.Response) error {
		body, err := io.ReadAll(r.Body)
		body = created.ReplaceAllFunc(body, func(m []byte) []byte {
			ms, _ := strconv.ParseInt(string(created.FindSubmatch(m)[1]), 10, 64)
			return []byte(`"createTime":"` + time.UnixMilli(ms).UTC().Add(ahead).Format(time.DateTime) + `"`)
		})
		r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
		r.Header.Set("Content-Length", strconv.Itoa(len(body)))
		return err
	}
	s := httptest.NewServer(proxy)
	t.Cleanup(s.Close)
	return s.URL
}

// A row that is not among those from before is new, whatever its time says: its details are read, which may have our reference.
func TestATimeOfAnotherZoneHidesNoOrder(t *testing.T) {
	t.Parallel()
	for _, ahead := range []time.Duration{-5 * time.Hour, 0, 8 * time.Hour} {
		l := newLone(t, storetest.Best(t))
		l.portal.SetEcho(yeastartest.EchoDetails)
		base := inZone(t, l.portal.URL(), ahead)
		l.Worker = l.beside(t.TempDir(), func(c *Config) { c.Portal.BaseURL = base })
		l.must(l.fleet.NoteEcho(t.Context(), true))
		l.must(l.refresh(t.Context()))
		if o := l.reconciled(l.past(l.inDoubt())); o.State != store.Placed || o.Via != store.ViaReference {
			t.Errorf("%v ahead: it is %s via %q (%s), and the portal has it", ahead, o.State, o.Via, o.Reason)
		}
	}
}

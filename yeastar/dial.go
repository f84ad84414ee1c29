package yeastar

import (
	"context"
	"net"
	"net/http"
	"net/url"
	"time"
)

const (
	// maxHeader bounds an answer's headers: the portal's are under 1 kB.
	maxHeader = 64 << 10
	// idleTime is how long a connection for reads waits for its next use: less than the usual 60 s
	// after which servers close, so that a read seldom meets a dead one.
	idleTime = 30 * time.Second
	// idleConns are kept for reads: one per order in work at once, by default (ORDERQ_CONCURRENCY).
	idleConns = 32
)

// readTransport is for everything that may be repeated: tokens and GETs. We call its RoundTrip, not
// an http.Client: no redirect is followed (the token would travel along), and no url.Error quotes our URLs.
func readTransport(proxy *url.URL) *http.Transport {
	t := bareTransport(proxy)
	t.DialContext = (&net.Dialer{}).DialContext
	t.MaxIdleConns = idleConns
	t.MaxIdleConnsPerHost = idleConns
	t.IdleConnTimeout = idleTime
	return t
}

// postTransport is for Create an Order alone. Every request has a connection of its own: net/http
// repeats requests only on connections that were used before, and HTTP/2 shares them. Compression is
// off, so that what is read is what was sent.
func postTransport(proxy *url.URL, callTimeout time.Duration) *http.Transport {
	t := bareTransport(proxy)
	t.DisableKeepAlives = true
	t.DisableCompression = true
	t.DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
		// net/http detaches the dial from the request's cancellation but keeps its values.
		p, ok := ctx.Value(postingKey{}).(*posting)
		if !ok {
			return nil, errNoPosting
		}
		return p.dial(ctx, network, addr, callTimeout)
	}
	return t
}

func bareTransport(proxy *url.URL) *http.Transport {
	t := &http.Transport{
		MaxResponseHeaderBytes: maxHeader,
		Protocols:              new(http.Protocols),
	}
	t.Protocols.SetHTTP1(true)
	if proxy != nil {
		t.Proxy = http.ProxyURL(proxy)
	}
	return t
}

package api

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"go.uber.org/zap"
)

// Listener is an address that is taken, and not yet served.
type Listener struct {
	net.Listener
	Loopback bool // it can be reached from this machine alone
	tls      *tls.Config
}

// Listen takes an address; with a certificate and its key, for TLS.
func Listen(ctx context.Context, address, cert, key string) (*Listener, error) {
	var secured *tls.Config
	if cert != "" {
		pair, err := tls.LoadX509KeyPair(cert, key)
		if err != nil {
			return nil, fmt.Errorf("ORDERQ_TLS_CERT, ORDERQ_TLS_KEY: %w: give the paths of a certificate and its key, PEM", err)
		}
		secured = &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}
	}
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w: choose another address, or port 0 for any", address, err)
	}
	at, ok := l.Addr().(*net.TCPAddr)
	return &Listener{l, ok && at.IP.IsLoopback(), secured}, nil
}

// URL is where it can be reached. An address of all interfaces is shown as this machine's own.
func (l *Listener) URL() string {
	scheme := "http://"
	if l.tls != nil {
		scheme = "https://"
	}
	host, port, err := net.SplitHostPort(l.Addr().String())
	if ip := net.ParseIP(host); err == nil && ip != nil && ip.IsUnspecified() {
		return scheme + net.JoinHostPort("127.0.0.1", port)
	}
	return scheme + l.Addr().String()
}

// Server serves on a listener until it is closed.
type Server struct {
	http    *http.Server
	ended   chan error
	closing time.Duration
}

// times bound what a client may make a server wait for.
type times struct {
	header time.Duration // for a request's header
	body   time.Duration // for the whole of a request that is no stream
	write  time.Duration // for an answer to be taken, counted from the request's header; streams extend it as they go
	idle   time.Duration // for a connection that asks nothing
	close  time.Duration // for answers under way at the end
}

// usual are for callers on slow lines, and short enough that a thousand of them who only pretend cost little.
var usual = times{header: 5 * time.Second, body: 20 * time.Second, write: plainWithin + still, idle: 2 * time.Minute, close: 10 * time.Second}

// maxHeader is how many bytes a request's header may have.
const maxHeader = 32 << 10

// Serve begins to serve. Close it.
func Serve(l *Listener, h http.Handler, log *zap.Logger) *Server { return serve(l, h, log, usual) }

func serve(l *Listener, h http.Handler, log *zap.Logger, t times) *Server {
	s := &Server{http: &http.Server{
		Handler: h, ErrorLog: zap.NewStdLog(log.Named("http")),
		TLSConfig: l.tls, ReadHeaderTimeout: t.header, ReadTimeout: t.body, WriteTimeout: t.write, IdleTimeout: t.idle, MaxHeaderBytes: maxHeader,
	}, ended: make(chan error, 1), closing: t.close}
	go func() {
		var err error
		if l.tls != nil {
			err = s.http.ServeTLS(l.Listener, "", "")
		} else {
			err = s.http.Serve(l.Listener)
		}
		if !errors.Is(err, http.ErrServerClosed) {
			s.ended <- err
		}
	}()
	return s
}

// Failed gives why it does not serve any more.
func (s *Server) Failed() <-chan error { return s.ended }

// Close takes nothing new, and lets answers under way end, for a moment; that ctx has ended does not shorten it.
func (s *Server) Close(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.closing)
	defer cancel()
	if s.http.Shutdown(ctx) != nil {
		_ = s.http.Close()
	}
}

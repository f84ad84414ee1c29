package remote

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"time"

	"orderq/yeastar"
)

// Config is a server, and who asks it.
type Config struct {
	URL     string         // base URL, without a slash at its end
	Token   yeastar.Secret // "": none
	Account string         // that the server must work for; "": whichever it does
	Version string         // of this program, for the server's log
}

// Office asks a server. It is safe for concurrent use. Close it.
type Office struct {
	cfg    Config
	client *http.Client
	pause  func(context.Context, time.Duration) error
}

// reachWithin is how long a connection may take. People wait.
const reachWithin = 5 * time.Second

// Open makes an office. Where an account is named the server is asked whether it is its own; otherwise nobody is.
func Open(ctx context.Context, c Config) (*Office, error) {
	dialer := net.Dialer{Timeout: reachWithin}
	o := &Office{cfg: c, pause: pause, client: &http.Client{
		Transport: &http.Transport{
			DialContext: dialer.DialContext, TLSHandshakeTimeout: reachWithin, ForceAttemptHTTP2: true,
			ExpectContinueTimeout: reachWithin, MaxIdleConnsPerHost: 4, IdleConnTimeout: time.Minute,
		},
		// A token must not follow one.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	if c.Account == "" {
		return o, nil
	}
	h, err := o.Halt(ctx)
	if err == nil && h.Account != c.Account {
		err = &AccountError{o.cfg.URL, h.Account, c.Account}
	}
	if err != nil {
		o.Close()
		return nil, err
	}
	return o, nil
}

// Close lets the connections go.
func (o *Office) Close() { o.client.CloseIdleConnections() }

// Name is who is asked, for messages.
func (o *Office) Name() string { return "the server" }

// AccountError says that a server works for another account than was asked for.
type AccountError struct{ URL, Theirs, Wanted string }

func (e *AccountError) Error() string {
	return fmt.Sprintf("server %s works for account %s, and account %s is asked for: name that account's server, or leave ORDERQ_ACCOUNT (--account) away", e.URL, e.Theirs, e.Wanted)
}

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

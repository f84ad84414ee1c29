package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/spf13/cobra"

	"orderq/cmd/internal/config"
	"orderq/yeastar/yeastartest"
)

func (a *app) sim() *cobra.Command {
	var listen string
	var f simFlags
	cmd := &cobra.Command{
		Use: "sim", Short: "Simulate the portal, with faults on command", GroupID: groupRun, Args: none,
		Long: `Simulate the portal on this machine: some hundred PBXs, plans, contacts, orders
that stay until it ends, and faults on command. It prints where it is and with
which credentials, and runs until it is interrupted. With --journal its orders
outlive it, however it ends: started again with the same file, it goes on.

GET /_ledger tells every order it made. POST /_faults {"fault":"drop_after",
"times":3} commands a fault, POST /_heal ends them. There is no password on
these: leave it on loopback.`,
		Example: `  orderq sim
  orderq sim --listen 127.0.0.1:8090 --faults drop_after:0.1,500_before:0.05
  orderq sim --strangers 0.3 --page-shift 0.5 --max-page-size 25 --list-lag 10s
  orderq sim --echo-cut 20 --clock-offset -90s --journal /tmp/portal.ndjson
  curl -s http://127.0.0.1:8090/_ledger`,
	}
	cmd.Flags().StringVar(&listen, "listen", "127.0.0.1:8090", "`host:port` to listen on; port 0: any")
	f.register(cmd.Flags())
	cmd.RunE = a.do(func(ctx context.Context, _ []string) error {
		s, err := startSim(ctx, listen, f)
		if err != nil {
			return err
		}
		defer s.close()
		if !config.LoopbackAddr(listen) {
			a.note("the simulator can be reached from other machines, and whoever reaches it can command its faults")
		}
		if a.json {
			err = a.emit(map[string]string{"url": s.url, "clientId": s.portal.ClientID(), "clientSecret": s.portal.ClientSecret()})
		} else {
			a.say("export YEASTAR_BASE_URL=%s", s.url)
			a.say("export YEASTAR_CLIENT_ID=%s", s.portal.ClientID())
			a.say("export YEASTAR_CLIENT_SECRET=%s", s.portal.ClientSecret())
		}
		if err != nil {
			return err
		}
		a.note("simulating the portal at %s until interrupted; its ledger: %s/_ledger", s.url, s.url)
		select {
		case <-ctx.Done():
		case err := <-s.ended:
			return fmt.Errorf("simulator: %w", err)
		}
		if err := s.portal.JournalError(); err != nil {
			return fmt.Errorf("--journal %s is not complete: %w", f.journal, err)
		}
		return nil
	})
	return cmd
}

func faultNames() string {
	text := ""
	for _, f := range yeastartest.FaultNames() {
		text = join(" ", text, string(f))
	}
	return text
}

// simulator is a simulated portal that listens.
type simulator struct {
	portal  *yeastartest.Server
	server  *http.Server
	journal io.Closer // nil: none
	url     string
	ended   chan error // why it stopped serving by itself
}

// startSim runs a simulator at an address until close.
func startSim(ctx context.Context, listen string, f simFlags) (*simulator, error) {
	o, err := f.options()
	if err != nil {
		return nil, wrongUse(err)
	}
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", listen) // before the journal is touched: who has the address may have that, too
	if err != nil {
		return nil, fmt.Errorf("--listen %s: %w: choose another port, or port 0 for any", listen, err)
	}
	s := &simulator{url: "http://" + reachable(l.Addr()), ended: make(chan error, 1)}
	if err := s.open(o, f.journal); err != nil {
		_ = l.Close()
		return nil, err
	}
	s.server = &http.Server{Handler: s.portal, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute}
	go func() {
		if err := s.server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			s.ended <- err
		}
	}()
	return s, nil
}

// open makes the portal, which goes on from its journal where there is one.
func (s *simulator) open(o yeastartest.Options, journal string) error {
	var past yeastartest.Past
	if journal != "" {
		file, before, err := yeastartest.OpenJournal(journal)
		if err != nil {
			return fmt.Errorf("--journal: %w", err)
		}
		s.journal, o.Journal, past = file, file, before
	}
	portal, err := yeastartest.Resume(o, past)
	if err != nil {
		s.closeJournal()
		if journal != "" {
			err = fmt.Errorf("--journal %s: %w", journal, err)
		}
		return wrongUse(err)
	}
	s.portal = portal
	return nil
}

func (s *simulator) closeJournal() {
	if s.journal != nil {
		_ = s.journal.Close() // every line in it was synced
	}
}

func (s *simulator) close() {
	s.portal.Close() // lets go of calls that hang, so that the server can close
	_ = s.server.Close()
	s.closeJournal()
}

// reachable is an address that one can call: a listener on every address is called on loopback.
func reachable(addr net.Addr) string {
	host, port, err := net.SplitHostPort(addr.String())
	if err != nil {
		return addr.String()
	}
	if ip := net.ParseIP(host); ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return net.JoinHostPort(host, port)
}

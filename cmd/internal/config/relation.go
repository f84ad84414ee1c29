package config

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"
)

// shutdownSlack is what a stopping worker needs beyond its last call: the record is written, tasks are
// handed back, asynq's own goroutines end (seconds each).
const shutdownSlack = 15 * time.Second

// derive fills in the defaults that depend on other settings.
func (c *Config) derive(env func(string) (string, bool)) error {
	if c.ShutdownTimeout == 0 {
		c.ShutdownTimeout = c.CallTimeout + shutdownSlack
	}
	if c.TaskTimeout == 0 {
		c.TaskTimeout = (c.CallTimeout + (c.ShutdownTimeout-c.CallTimeout)*2/3).Truncate(time.Second)
	}
	if c.Journal == "" {
		state, _ := env("XDG_STATE_HOME")
		home, _ := env("HOME")
		switch {
		// The XDG specification: a relative path is to be ignored.
		case filepath.IsAbs(state):
			c.Journal = filepath.Join(state, "orderq", "journal")
		case filepath.IsAbs(home):
			c.Journal = filepath.Join(home, ".local", "state", "orderq", "journal")
		default:
			return errors.New("ORDERQ_JOURNAL: not set, and neither XDG_STATE_HOME nor HOME says where: set it to a folder on a local disk")
		}
	}
	return nil
}

// relate checks what must hold between settings.
func (c Config) relate() error {
	var errs []error
	if c.TaskTimeout%time.Second != 0 {
		errs = append(errs, fmt.Errorf("ORDERQ_TASK_TIMEOUT: %v is not in whole seconds, and the queue knows no others: round it", c.TaskTimeout))
	}
	if c.TaskTimeout <= c.CallTimeout {
		errs = append(errs, fmt.Errorf("ORDERQ_TASK_TIMEOUT: %v must be longer than ORDERQ_CALL_TIMEOUT (%v), or tasks end in mid-call: lengthen it, or ORDERQ_SHUTDOWN_TIMEOUT (%v), which must be the longest", c.TaskTimeout, c.CallTimeout, c.ShutdownTimeout))
	}
	if c.ShutdownTimeout <= c.TaskTimeout {
		errs = append(errs, fmt.Errorf("ORDERQ_SHUTDOWN_TIMEOUT: %v must be longer than ORDERQ_TASK_TIMEOUT (%v), or a stop hands tasks back that still run: lengthen it", c.ShutdownTimeout, c.TaskTimeout))
	}
	if c.Servers > c.Concurrency {
		errs = append(errs, fmt.Errorf("ORDERQ_SERVERS: %d servers share a concurrency of %d: raise ORDERQ_CONCURRENCY, or take fewer", c.Servers, c.Concurrency))
	}
	if (c.ClientID == "") != (c.ClientSecret == "") {
		errs = append(errs, errors.New("YEASTAR_CLIENT_ID and YEASTAR_CLIENT_SECRET: only one of them is set: set both, or neither"))
	}
	if (c.TLSCert == "") != (c.TLSKey == "") {
		errs = append(errs, errors.New("ORDERQ_TLS_CERT and ORDERQ_TLS_KEY: only one of them is set: set both, or neither"))
	}
	return errors.Join(errs...)
}

// Credentials is an error where the API credentials are not set.
func (c Config) Credentials() error {
	if c.ClientID == "" || c.ClientSecret == "" {
		return errors.New("YEASTAR_CLIENT_ID and YEASTAR_CLIENT_SECRET: not set: set them, or their _FILE, to the portal's API credentials")
	}
	return nil
}

// MetricsListener is an error where MetricsListen would tell everybody on the network how the account stands.
func (c Config) MetricsListener() error {
	if c.MetricsListen != "" && len(c.Tokens) == 0 && !LoopbackAddr(c.MetricsListen) {
		return fmt.Errorf("ORDERQ_METRICS_LISTEN: %q can be reached from other machines and ORDERQ_API_TOKENS is not set: set tokens (a viewer's for the scraper), or listen on 127.0.0.1", c.MetricsListen)
	}
	return nil
}

// Listener is an error where Listen would let everybody on the network spend money. Wrong use, exit 2.
func (c Config) Listener() error {
	if len(c.Tokens) == 0 && !LoopbackAddr(c.Listen) {
		return fmt.Errorf("ORDERQ_LISTEN: %q can be reached from other machines and ORDERQ_API_TOKENS is not set: set tokens, or listen on 127.0.0.1", c.Listen)
	}
	return nil
}

// ServerLine is an error where ServerToken would cross a network that everybody on it can read. Wrong use, exit 2.
func (c Config) ServerLine() error {
	if c.ServerToken != "" && strings.HasPrefix(c.Server, "http://") && !Loopback(c.Server) {
		return fmt.Errorf("ORDERQ_SERVER: %s is plain http and another machine, and whoever listens on the way would have ORDERQ_TOKEN and could spend money with it: say https:// (orderq serve --tls-cert, or a proxy in front of it), or reach it through a tunnel that ends on 127.0.0.1", c.Server)
	}
	return nil
}

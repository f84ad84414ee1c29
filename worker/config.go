package worker

import (
	"errors"
	"fmt"
	"net/netip"
	"time"

	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"
	"go.uber.org/zap"

	"orderq/store"
	"orderq/store/journal"
	"orderq/worker/resolve"
	"orderq/yeastar"
)

// OnAbsent says what a machine may do with an order that is not in the portal's list at the horizon.
type OnAbsent string

const (
	// Auto sends it again where the portal is known to show our reference, its sender is proved finished,
	// and it was not sent again before; else a person decides.
	Auto OnAbsent = "auto"
	// ToReview leaves it to a person in every case.
	ToReview OnAbsent = "review"
	// Resubmit also sends it again where the portal was not seen to show our reference. It may order twice.
	Resubmit OnAbsent = "resubmit"
)

// Config is what a worker needs. Each field: unit, special values, default.
type Config struct {
	Redis   redis.UniversalClient // the ledger; the worker does not close it
	Queue   asynq.RedisConnOpt    // asynq's connections, to the same Redis
	Prefix  string                // of every key; "": store.DefaultPrefix
	Account string                // whose credentials these are; "": "default"

	Portal         yeastar.Config  // Admit is the worker's own; Observe is called as it is
	BillingContact string          // id or e-mail of the contact for intents that name none; "": none
	Aliases        resolve.Aliases // names the portal does not show

	Journal        string           // folder of the send journal; needed
	JournalOptions []journal.Option // for whoever counts its fsyncs; none

	Concurrency int           // orders in work at once; 0: 32
	Servers     int           // asynq servers that share them; 0: 1
	Rate        store.Rate    // portal calls of the account, all workers together; zero: no limit
	Settle      time.Duration // horizon before an order counts as absent, from its deadline; 0: 10m
	OnAbsent    OnAbsent      // "": Auto

	SweepEvery      time.Duration // 0: 1s
	HeartbeatEvery  time.Duration // 0: 2s
	BreakerOpen     time.Duration // how long the breaker stays open before a probe; 0: 30s
	ShutdownTimeout time.Duration // for deliveries in work; 0: call timeout + 15s
	TaskTimeout     time.Duration // of a delivery before the gate, whatever its producer asked for; 0: two thirds from call to shutdown timeout
	PollEvery       time.Duration // a pending order's first look, which doubles up to an hour; the longest that an ensure waits for one in doubt; 0: 1m

	WebhookAllow []netip.Prefix // networks that webhooks may be delivered to although they are not public; none

	AllowVolatileLedger bool // work with a Redis that can forget although the portal is a real one

	Log    *zap.Logger       // nil: none
	Now    func() time.Time  // this host's clock; nil: time.Now
	OnMove func(store.Order) // told of each move of this worker; must not block; nil: nobody

	OnRefuse func(store.Waiting) // told why an order was not let through, by the gate or before it was asked; likewise
	OnRepair func(Repair)        // told of what the sweeper put right; likewise
}

func (c Config) withDefaults() Config {
	def := func(d *time.Duration, v time.Duration) {
		if *d == 0 {
			*d = v
		}
	}
	if c.Prefix == "" {
		c.Prefix = store.DefaultPrefix
	}
	if c.Account == "" {
		c.Account = "default"
	}
	if c.Concurrency == 0 {
		c.Concurrency = 32
	}
	if c.Servers == 0 {
		c.Servers = 1
	}
	if c.OnAbsent == "" {
		c.OnAbsent = Auto
	}
	def(&c.Portal.CallTimeout, 30*time.Second)
	def(&c.Settle, 10*time.Minute)
	def(&c.SweepEvery, time.Second)
	def(&c.HeartbeatEvery, 2*time.Second)
	def(&c.BreakerOpen, 30*time.Second)
	def(&c.ShutdownTimeout, c.Portal.CallTimeout+15*time.Second)
	def(&c.TaskTimeout, c.Portal.CallTimeout+(c.ShutdownTimeout-c.Portal.CallTimeout)*2/3)
	def(&c.PollEvery, time.Minute)
	if c.Log == nil {
		c.Log = zap.NewNop()
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.OnMove == nil {
		c.OnMove = func(store.Order) {}
	}
	if c.OnRefuse == nil {
		c.OnRefuse = func(store.Waiting) {}
	}
	if c.OnRepair == nil {
		c.OnRepair = func(Repair) {}
	}
	return c
}

func (c Config) validate() error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if c.Redis == nil || c.Queue == nil {
		bad("worker: Redis and Queue are needed")
	}
	if c.Journal == "" {
		bad("worker: Journal: a folder for the send journal is needed")
	}
	if c.Concurrency < 1 || c.Servers < 1 || c.Servers > c.Concurrency {
		bad("worker: Concurrency %d, Servers %d: want at least one server and one order for each", c.Concurrency, c.Servers)
	}
	switch c.OnAbsent {
	case Auto, ToReview, Resubmit:
	default:
		bad("worker: OnAbsent %q: want auto, review or resubmit", c.OnAbsent)
	}
	if c.ShutdownTimeout <= c.Portal.CallTimeout {
		bad("worker: ShutdownTimeout %v must be longer than the call timeout %v, or an answer that comes during a shutdown is lost",
			c.ShutdownTimeout, c.Portal.CallTimeout)
	}
	return errors.Join(errs...)
}

const (
	// prepareWithin is when the sweeper first looks after an order in preparation. It only looks: whether
	// the worker is gone is told by its heartbeat.
	prepareWithin = 10 * time.Second
	// maxCrashes is how many workers an order may take down before a person has to look at it.
	maxCrashes = 10
	// margin is the most that is allowed for each of the two steps around the call.
	margin = 5 * time.Second
)

// sendWindow is how long after asking the gate the POST may still begin. It covers the gate's round trip
// and the journal's fsync many times over; a process that slept longer sends nothing.
func (c Config) sendWindow() time.Duration { return min(margin, c.Portal.CallTimeout) }

// recordWithin is what the deadline leaves for writing the outcome down, and the time for any one move.
func (c Config) recordWithin() time.Duration {
	return min(margin, max(c.Portal.CallTimeout, time.Second))
}

// within is the time between the gate and the attempt's deadline.
func (c Config) within() time.Duration {
	return c.sendWindow() + c.Portal.CallTimeout + c.recordWithin()
}

// silence is how long a worker may be silent before it counts as gone.
func (c Config) silence() time.Duration { return max(4*c.HeartbeatEvery, 2*time.Second) }

package prove

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"

	"orderq/store"
	"orderq/store/fleet"
	"orderq/tasks"
	"orderq/yeastar/yeastartest"
)

// run is one proof in progress.
type run struct {
	o         Options
	dir       string
	server    *server
	wire      *wire
	portal    *yeastartest.Server
	ledger    *os.File // the portal's own journal
	crew      *crew
	producer  *producer
	inspector *asynq.Inspector
	queue     *asynq.Client
	store     *store.Store
	fleet     *fleet.Fleet
	began     time.Time
	healed    chan struct{} // closed when the attacks are over

	mu       sync.Mutex
	attacks  map[Attack]int
	restarts []time.Time
	opened   []time.Duration // from Redis' start to the gate's opening
	resumed  int
	decided  int // orders in review, by the run's person

	pbxs    []yeastartest.PBX // as they were when it began
	intents []tasks.Intent
	batches *batches
}

func (r *run) count(a Attack) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.attacks[a]++
}

// Run carries a proof out and judges it. An error says that it could not be carried out; whether orderq stood it is
// in the report.
func Run(ctx context.Context, o Options) (rep Report, err error) {
	if err := o.Validate(); err != nil {
		return rep, err
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	r := &run{o: o, attacks: map[Attack]int{}, healed: make(chan struct{})}
	if err := r.raise(ctx); err != nil {
		return rep, errors.Join(err, r.strike())
	}
	r.began = o.Now()
	err = r.play(ctx)
	if err == nil {
		rep, err = r.judge(ctx)
	}
	err = errors.Join(err, r.strike())
	rep.Seconds = o.Now().Sub(r.began).Round(time.Second / 10).Seconds()
	if err != nil || !rep.Clean {
		rep.Evidence, rep.Again = r.dir, o.again()
		return rep, errors.Join(err, rep.keep(r.dir))
	}
	if o.Dir == "" {
		err = os.RemoveAll(r.dir)
	}
	return rep, err
}

// raise builds the site.
func (r *run) raise(ctx context.Context) (err error) {
	if r.dir = r.o.Dir; r.dir == "" {
		if r.dir, err = os.MkdirTemp("", "orderq-prove-"); err != nil {
			return err
		}
	} else if err = os.MkdirAll(r.dir, 0o700); err != nil {
		return err
	}
	if r.server, err = startServer(ctx, r.dir); err != nil {
		return err
	}
	if r.wire, err = newWire(r.server.dial); err != nil {
		return err
	}
	if r.ledger, err = os.Create(filepath.Join(r.dir, "portal.journal")); err != nil {
		return err
	}
	r.portal = yeastartest.Start(r.options())
	r.store = store.Open(r.server.line, store.DefaultPrefix, "default")
	r.fleet = fleet.Of(r.store)
	direct := straight{r.server.line.Options()}
	r.queue, r.inspector = asynq.NewClient(direct), asynq.NewInspector(direct)
	r.producer = &producer{client: tasks.NewClient(r.store, r.queue), queue: r.queue, store: r.store, told: map[string]tasks.Intent{}}
	r.pbxs = r.portal.PBXs()
	r.intents = intents(r.o, r.pbxs)
	if r.batches, err = r.newBatches(r.intents); err != nil {
		return err
	}
	r.crew = newCrew(r.o.Exe, r.dir, r.env(), r.o.Now)
	return nil
}

// straight gives asynq connections like the others.
type straight struct{ o *redis.Options }

func (s straight) MakeRedisClient() any { o := *s.o; return redis.NewClient(&o) }

// options are the portal's.
func (r *run) options() yeastartest.Options {
	id, secret := secrets(r.o.Seed)
	o := yeastartest.Options{
		ClientID: id, ClientSecret: secret, Seed: r.o.Seed, PBXs: r.o.PBXs, ListLag: r.o.ListLag, FieldNames: names[r.o.Names],
		TokenLife: 20 * time.Second, Faults: chances(r.o.Faults, r.o.ListLag > 0),
		Journal: r.ledger, Echo: map[string]yeastartest.EchoMode{
			"both": yeastartest.EchoPONumber, "details": yeastartest.EchoDetails, "none": yeastartest.EchoNone}[r.o.Echo],
	}
	if r.o.Hostile {
		hostile(&o)
	}
	return o
}

// chances spreads a share over all faults of the portal but a few.
func chances(share float64, lag bool) yeastartest.Faults {
	all := yeastartest.Faults{}
	for _, f := range yeastartest.FaultNames() {
		switch f {
		case yeastartest.DripAfter, yeastartest.BigAfter, yeastartest.BombAfter, yeastartest.EndlessAfter, yeastartest.Denied403, yeastartest.Denied403After:
			continue // seconds of a core, megabytes of memory, an account that closes: tests of their own have these
		case yeastartest.TooMany429After:
			if lag {
				continue // "did nothing" and did, and does not show it: the portal's word is believed after one look
			}
		}
		all[f] = 0
	}
	for f := range all {
		all[f] = share / float64(len(all))
	}
	return all
}

// env is the whole environment of a worker.
func (r *run) env() []string {
	return []string{
		"ORDERQ_REDIS_URL=redis://" + r.wire.addr() + "/0",
		"YEASTAR_BASE_URL=" + r.portal.URL(), "YEASTAR_CLIENT_ID=" + r.portal.ClientID(), "YEASTAR_CLIENT_SECRET=" + r.portal.ClientSecret(),
		"ORDERQ_BILLING_CONTACT=billing@example.com", "ORDERQ_CALL_TIMEOUT=" + callTimeout.String(), "ORDERQ_SETTLE=" + settle.String(),
		"ORDERQ_SWEEP_EVERY=100ms", "ORDERQ_HEARTBEAT_EVERY=200ms", "ORDERQ_BREAKER_OPEN=300ms", "ORDERQ_RATE=unlimited",
		"ORDERQ_CONCURRENCY=16", "ORDERQ_LOG_FORMAT=json", "ORDERQ_SHUTDOWN_TIMEOUT=10s",
	}
}

// strike takes the site down.
func (r *run) strike() error {
	var errs []error
	if r.crew != nil {
		r.crew.dismiss(20 * time.Second)
	}
	if r.queue != nil {
		errs = append(errs, r.queue.Close(), r.inspector.Close())
	}
	if r.portal != nil {
		r.portal.Close()
	}
	if r.wire != nil {
		errs = append(errs, r.wire.close())
	}
	if r.server != nil {
		errs = append(errs, r.server.close())
	}
	if r.ledger != nil {
		errs = append(errs, r.ledger.Close())
	}
	return errors.Join(errs...)
}

// play is the whole attack: orders come, faults strike, then all is healed and the rest is waited for.
func (r *run) play(ctx context.Context) error {
	ctx, over := context.WithCancel(ctx)
	var beside sync.WaitGroup
	defer beside.Wait()
	defer over()
	for _, run := range []func(context.Context){r.person, r.doorkeeper} {
		beside.Go(func() { run(ctx) })
	}
	if err := r.crew.hire(r.o.Workers); err != nil {
		return err
	}
	failed := make(chan error, 1)
	events := Schedule(r.o)
	r.say("%d orders over %v, %d attacks", r.o.Orders, r.o.length(), len(events))
	attacking, calm := context.WithCancel(ctx)
	defer calm()
	beside.Go(func() {
		if err := r.attack(attacking, events); err != nil {
			failed <- err
			over()
		}
	})
	sheets := make(chan error, 1)
	beside.Go(func() { sheets <- r.batches.all(ctx) })
	err := r.produce(ctx)
	if err == nil {
		err = <-sheets
	}
	select {
	case attack := <-failed:
		return attack
	default:
	}
	if err != nil {
		return err
	}
	if err := r.heal(ctx); err != nil {
		return err
	}
	return r.rest(ctx)
}

// produce places the orders evenly, and what was forgotten again.
func (r *run) produce(ctx context.Context) error {
	all := r.intents
	pause := r.o.length() / time.Duration(len(all))
	next := r.o.Now().Add(5 * time.Second)
	for i, in := range all {
		if r.o.inFile(i) {
			continue
		}
		if err := wait(ctx, time.Duration(i)*pause-r.o.Now().Sub(r.began)); err != nil {
			return err
		}
		if err := r.producer.place(ctx, i, in); err != nil {
			return err
		}
		if r.o.Now().After(next) {
			next = r.o.Now().Add(5 * time.Second)
			r.tell(ctx)
		}
	}
	return nil
}

// heal ends the attacks when the last has struck: everything works from now on.
func (r *run) heal(ctx context.Context) error {
	last := 0
	for {
		r.mu.Lock()
		n := 0
		for _, times := range r.attacks {
			n += times
		}
		r.mu.Unlock()
		if n == len(Schedule(r.o)) {
			break
		}
		if n != last {
			last = n
		}
		if err := wait(ctx, 50*time.Millisecond); err != nil {
			return err
		}
	}
	close(r.healed)
	r.portal.SetFaults(nil)
	r.portal.Heal()
	r.wire.loseReplies(0)
	r.wire.sever(false)
	r.say("the attacks are over; the rest is waited for")
	return nil
}

// patience is how long the rest may take: the horizons of two attempts and of a person's patience, many times over.
const patience = 3 * time.Minute

// rest waits until every order is final or in review.
func (r *run) rest(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	quiet, next := 0, r.o.Now()
	for quiet < 3 {
		if err := wait(ctx, 200*time.Millisecond); err != nil {
			r.say("not everything is settled after %v", patience)
			return nil // the verdict says what is open
		}
		if r.batches.repeat(ctx) != nil || r.producer.repeat(ctx) != nil {
			continue
		}
		open, err := r.open(ctx)
		if err != nil {
			continue
		}
		if open == 0 {
			quiet++
		} else {
			quiet = 0
		}
		if r.o.Now().After(next) {
			next = r.o.Now().Add(5 * time.Second)
			r.tell(ctx)
		}
	}
	return nil
}

// open counts the orders that are not final, not in review, and do not wait behind one that is.
func (r *run) open(ctx context.Context) (int, error) {
	var all []store.Order
	err := r.store.Each(ctx, store.Filter{States: []store.State{
		store.Held, store.Accepted, store.Preparing, store.Submitting, store.Unknown, store.Pending, store.Review,
	}}, func(o store.Order) error { all = append(all, o); return nil })
	if err != nil {
		return 0, err
	}
	claims, err := r.server.line.HGetAll(ctx, r.store.Keys().Claims()).Result()
	n, people := 0, leftToPeople(claims, all)
	for _, o := range all {
		if _, waits := people.before(o); o.State != store.Review && !waits {
			n++
		}
	}
	return n, err
}

// doorkeeper measures how long the gate stays shut after each start of Redis.
func (r *run) doorkeeper(ctx context.Context) {
	for wait(ctx, 20*time.Millisecond) == nil {
		r.mu.Lock()
		waiting := len(r.restarts) > len(r.opened)
		var since time.Time
		if waiting {
			since = r.restarts[len(r.opened)]
		}
		r.mu.Unlock()
		if !waiting {
			continue
		}
		if _, err := r.fleet.Ledger(ctx); err == nil {
			r.mu.Lock()
			r.opened = append(r.opened, r.o.Now().Sub(since))
			r.mu.Unlock()
		}
	}
}

func (r *run) say(format string, args ...any) {
	if r.o.Progress != nil {
		fmt.Fprintf(r.o.Progress, "%7.1fs  "+format+"\n", append([]any{r.o.Now().Sub(r.began).Seconds()}, args...)...)
	}
}

// tell says how far it is.
func (r *run) tell(ctx context.Context) {
	counts, err := r.store.Counts(ctx)
	if err != nil {
		r.say("Redis is away")
		return
	}
	r.crew.mu.Lock()
	deaths := len(r.crew.deaths)
	r.crew.mu.Unlock()
	r.say("placed %d, rejected %d, waiting %d, under way %d, in doubt %d, in review %d; %d workers dead",
		counts[store.Placed], counts[store.Rejected], counts[store.Accepted], counts[store.Preparing]+counts[store.Submitting]+counts[store.Pending],
		counts[store.Unknown], counts[store.Review], deaths)
}

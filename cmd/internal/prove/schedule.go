package prove

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"orderq/store/crash"
)

// Attack names a thing that is done to the running system.
type Attack string

const (
	Kill      Attack = "kill a worker"           // SIGKILL at whatever it does, and a new one in its place
	CrashAt   Attack = "kill at a crash point"   // the next worker dies of itself in a named gap (builds with crash points)
	Terminate Attack = "stop a worker"           // SIGTERM, and a new one
	Sleep     Attack = "put a worker to sleep"   // SIGSTOP, longer than every horizon, and SIGCONT
	Doze      Attack = "suspend a worker"        // SIGSTOP for a moment
	RedisKill Attack = "kill Redis"              // SIGKILL, and started on the same files
	RedisHang Attack = "suspend Redis"           // SIGSTOP, SIGCONT
	RedisCut  Attack = "cut the line to Redis"   // connections broken and refused for a while
	LoseReply Attack = "lose replies of Redis"   // commands carried out whose answers never come
	Full      Attack = "fill Redis' memory"      // writes refused for a while
	Backup    Attack = "copy Redis' files"       // for Restore
	Restore   Attack = "restore an older Redis"  // killed, and started on the copy
	PowerLoss Attack = "cut Redis' file short"   // killed, the last moments' writes gone, the file torn
	Flush     Attack = "flush Redis"             // FLUSHALL
	Outage    Attack = "take the portal down"    // connections closed without an answer
	Dashboard Attack = "press dashboard buttons" // delete, run, archive tasks of live orders
	Poison    Attack = "plant a broken task"     // a message that asynq cannot decode
)

// Event is an attack at its time.
type Event struct {
	At     time.Duration // since the first order
	Attack Attack
	Worker int           // which, where a worker is meant
	For    time.Duration // how long, where it lasts
	N      int           // how many, or which
	Point  crash.Point   // with CrashAt
}

func (e Event) String() string {
	s := fmt.Sprintf("%9.3fs  %s", e.At.Seconds(), e.Attack)
	switch e.Attack {
	case Kill, CrashAt, Terminate, Sleep, Doze:
		s += fmt.Sprintf(" (%d)", e.Worker)
	}
	if e.Point != "" {
		s += " " + string(e.Point)
	}
	if e.For > 0 {
		s += " for " + e.For.String()
	}
	return s
}

// points are those in which a worker can die; the first is the producer's own.
func points() []crash.Point { return crash.Points()[1:] }

// Schedule draws a run's attacks: the same options, the same schedule.
func Schedule(o Options) []Event {
	if o.Calm {
		return nil
	}
	d := rand.New(rand.NewPCG(uint64(o.Seed), 0x70726f7665))
	between := func(least, most time.Duration) time.Duration {
		return least + time.Duration(d.Int64N(int64(most-least))).Round(time.Millisecond)
	}
	forget, sleepers := o.Forget, o.Sleepers
	if forget < 0 {
		forget = o.by(6)
	}
	if sleepers < 0 {
		sleepers = o.by(12)
	}
	var all []Event
	add := func(a Attack, times int, fill func(*Event)) {
		for i := range times {
			e := Event{At: between(o.length()/50, o.length()), Attack: a, Worker: d.IntN(o.Workers), N: i}
			if fill != nil {
				fill(&e)
			}
			all = append(all, e)
		}
	}
	lasts := func(least, most time.Duration) func(*Event) {
		return func(e *Event) { e.For = between(least, most) }
	}
	kills := o.by(320)
	if crash.Enabled {
		crashes := kills / 3
		add(CrashAt, crashes, func(e *Event) { e.Point = points()[d.IntN(len(points()))] })
		kills -= crashes
	}
	add(Kill, kills, nil)
	add(Terminate, o.by(30), nil)
	add(Doze, o.by(40), lasts(50*time.Millisecond, 1500*time.Millisecond))
	add(Sleep, sleepers, lasts(sleepLeast, sleepLeast+2*time.Second))
	add(RedisKill, o.by(40), lasts(time.Millisecond, 500*time.Millisecond))
	add(RedisHang, o.by(20), lasts(50*time.Millisecond, 1500*time.Millisecond))
	add(RedisCut, o.by(100), lasts(time.Millisecond, 800*time.Millisecond))
	add(LoseReply, o.by(100), func(e *Event) { e.N = 1 + d.IntN(8) })
	add(Full, o.by(10), lasts(100*time.Millisecond, 600*time.Millisecond))
	add(Backup, o.by(100), nil)
	add(Restore, forget, nil)
	add(PowerLoss, forget, lasts(50*time.Millisecond, 500*time.Millisecond))
	add(Flush, forget, nil)
	add(Outage, o.by(40), lasts(50*time.Millisecond, 800*time.Millisecond))
	add(Dashboard, o.by(100), func(e *Event) { e.N = d.IntN(1 << 20) })
	add(Poison, o.by(5), nil)
	slices.SortStableFunc(all, func(a, b Event) int { return cmp.Compare(a.At, b.At) })
	return all
}

package prove

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"

	"github.com/hibiken/asynq"

	"orderq/tasks"
)

// attack carries the schedule out. What lasts holds the next one up, except a worker's sleep.
func (r *run) attack(ctx context.Context, events []Event) error {
	for _, e := range events {
		if err := wait(ctx, e.At-r.o.Now().Sub(r.began)); err != nil {
			return nil // the run is over
		}
		r.server.compact(ctx)
		if err := r.carryOut(ctx, e); err != nil {
			return fmt.Errorf("%s: %w", e.Attack, err)
		}
		r.count(e.Attack)
	}
	return nil
}

func (r *run) carryOut(ctx context.Context, e Event) error {
	switch e.Attack {
	case Kill:
		r.crew.kill(e.Worker, "")
	case CrashAt:
		r.crew.kill(e.Worker, e.Point)
	case Terminate:
		r.crew.terminate(e.Worker)
	case Sleep, Doze:
		r.crew.suspend(e.Worker, e.For, r.healed)
	case RedisKill:
		r.server.stop()
		_ = wait(ctx, e.For)
		return r.restarted(ctx)
	case RedisHang:
		err := suspend(r.server.cmd.Process)
		_ = wait(ctx, e.For)
		if err == nil {
			err = wakeUp(r.server.cmd.Process)
		}
		return err
	case RedisCut:
		r.wire.sever(true)
		_ = wait(ctx, e.For)
		r.wire.sever(false)
	case LoseReply:
		r.wire.loseReplies(e.N)
	case Full:
		used, err := r.server.line.Info(ctx, "memory").Result()
		if err != nil || used == "" {
			return err
		}
		if err := r.server.line.ConfigSet(ctx, "maxmemory", "1mb").Err(); err != nil {
			return err
		}
		_ = wait(ctx, e.For)
		return r.server.line.ConfigSet(context.WithoutCancel(ctx), "maxmemory", "0").Err()
	case Backup:
		return r.server.backup(e.N)
	case Restore:
		r.server.stop()
		if err := r.server.restore(); err != nil {
			return err
		}
		return r.restarted(ctx)
	case PowerLoss:
		return r.powerLoss(ctx, e)
	case Flush:
		return r.server.line.FlushAll(ctx).Err()
	case Outage:
		r.portal.Down(true)
		_ = wait(ctx, e.For)
		r.portal.Down(false)
	case Dashboard:
		r.press(e.N)
	case Poison:
		return r.poison(ctx, e.N)
	default:
		return fmt.Errorf("there is no such attack")
	}
	return nil
}

// restarted starts Redis again and waits for the gate, for the report.
func (r *run) restarted(ctx context.Context) error {
	if err := r.server.start(ctx); err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.restarts = append(r.restarts, r.o.Now())
	return nil
}

// powerLoss kills Redis and cuts its file down to what it was some moments ago, or later, as a disk has it after the
// power went, had Redis not synced. The cut is behind a whole transaction: half of one at the end of the file, with
// aof-load-truncated, comes alive with what is written behind it (docs/ledger.md).
func (r *run) powerLoss(ctx context.Context, e Event) error {
	_, before, err := r.server.growing()
	if err != nil {
		return err
	}
	_ = wait(ctx, e.For)
	r.server.stop()
	path, after, err := r.server.growing()
	if err != nil {
		return err
	}
	if after > before {
		at := before + rand.Int64N((after-before)/2+1)
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		const end = "*1\r\n$4\r\nEXEC\r\n"
		if last := bytes.LastIndex(data[:at], []byte(end)); last >= 0 {
			err = os.Truncate(path, int64(last+len(end)))
		}
		if err != nil {
			return err
		}
	}
	return r.restarted(ctx)
}

// press does what somebody may do in the asynq dashboard to the tasks of live orders. What is not there, or not in
// a state for it, is asynq's to refuse.
func (r *run) press(seed int) {
	d := rand.New(rand.NewPCG(uint64(seed), 1))
	i := r.inspector
	const queue = tasks.QueueOrders
	var some []*asynq.TaskInfo
	for _, list := range []func(string, ...asynq.ListOption) ([]*asynq.TaskInfo, error){i.ListPendingTasks, i.ListRetryTasks, i.ListArchivedTasks, i.ListScheduledTasks} {
		t, _ := list(queue, asynq.PageSize(20))
		some = append(some, t...)
	}
	for _, t := range some {
		switch d.IntN(4) {
		case 0:
			_ = i.DeleteTask(queue, t.ID)
		case 1:
			_ = i.RunTask(queue, t.ID)
		case 2:
			_ = i.ArchiveTask(queue, t.ID)
		}
	}
	switch d.IntN(4) {
	case 0:
		_, _ = i.RunAllArchivedTasks(queue)
	case 1:
		_, _ = i.ArchiveAllPendingTasks(queue)
	case 2:
		_, _ = i.DeleteAllArchivedTasks(queue)
	default:
		_, _ = i.RunAllRetryTasks(queue)
	}
	active, _ := i.ListActiveTasks(queue, asynq.PageSize(5))
	for _, t := range active {
		_ = i.CancelProcessing(t.ID)
	}
}

// poison puts a message into the queue that asynq cannot decode: it stays in the lease set, and no expired lease of
// that server is recovered any more.
func (r *run) poison(ctx context.Context, n int) error {
	id := fmt.Sprint("poison-", n)
	key := "asynq:{" + tasks.QueueOrders + "}:"
	if err := r.server.line.HSet(ctx, key+"t:"+id, "msg", "\xff\x00 no message", "state", "pending").Err(); err != nil {
		return err
	}
	return r.server.line.LPush(ctx, key+"pending", id).Err()
}

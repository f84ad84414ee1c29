package fleet

import (
	"context"
	"fmt"
	"time"
)

// forget is how long a silent worker is still listed, so that people see that one is missing.
const forget = time.Hour

// Pulse is what a heartbeat brings back.
type Pulse struct {
	Epoch  string // the run_id that the gate is open for; "volatile"; "": none
	Run    string // the run_id that answers; "": INFO cannot be asked
	Beats  int64  // the number of this beat: it goes down only if Redis went back
	Roster int64  // the number of the list of hosts
}

// Open says that the gate is open for the Redis that answered.
func (p Pulse) Open() bool { return p.Epoch == "volatile" || p.Epoch != "" && p.Epoch == p.Run }

// Beat says that a worker is alive.
func (f *Fleet) Beat(ctx context.Context, worker string) (Pulse, error) {
	cmd, err := f.run(ctx, "heartbeat", f.lua.beat, worker, forget.Milliseconds(), "0")
	if err != nil {
		return Pulse{}, err
	}
	r, err := cmd.Slice()
	if err != nil {
		return Pulse{}, fmt.Errorf("heartbeat: %w", err)
	}
	return Pulse{Epoch: fmt.Sprint(r[0]), Run: fmt.Sprint(r[1]), Beats: r[2].(int64), Roster: r[3].(int64)}, nil
}

// Leave says that a worker has stopped.
func (f *Fleet) Leave(ctx context.Context, worker string) error {
	_, err := f.run(ctx, "leave", f.lua.beat, worker, forget.Milliseconds(), "1")
	return err
}

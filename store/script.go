package store

import (
	_ "embed"

	"github.com/redis/go-redis/v9"
)

//go:embed lua/prelude.lua
var prelude string

// RunLua defines run(): which run of Redis answers. Package fleet's scripts begin with it too.
//
//go:embed lua/run.lua
var RunLua string

//go:embed lua/lodge.lua
var lodgeLua string

//go:embed lua/budget.lua
var budgetLua string

//go:embed lua/like.lua
var likeLua string

//go:embed lua/accept.lua
var acceptLua string

//go:embed lua/accept_rows.lua
var acceptRowsLua string

//go:embed lua/take.lua
var takeLua string

//go:embed lua/gate.lua
var gateLua string

//go:embed lua/move.lua
var moveLua string

//go:embed lua/due.lua
var dueLua string

//go:embed lua/deliver.lua
var deliverLua string

//go:embed lua/mark.lua
var markLua string

//go:embed lua/put_off.lua
var putOffLua string

// scripts are the store's only writers. Each file's head is its signature; each has one wrapper in Go.
type scripts struct{ accept, acceptRows, take, gate, move, due, deliver, putOff, mark *redis.Script }

func loadScripts() scripts {
	load := func(src string) *redis.Script { return redis.NewScript(prelude + src) }
	return scripts{
		accept: load(lodgeLua + likeLua + acceptLua), acceptRows: load(lodgeLua + acceptRowsLua), take: load(takeLua), gate: load(RunLua + budgetLua + gateLua), move: load(likeLua + budgetLua + moveLua),
		due: load(dueLua), deliver: load(deliverLua), putOff: load(putOffLua), mark: load(markLua),
	}
}

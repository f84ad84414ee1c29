package hook

import (
	_ "embed"

	"github.com/redis/go-redis/v9"
)

//go:embed lua/lane.lua
var laneLua string

//go:embed lua/add.lua
var addLua string

//go:embed lua/set.lua
var setLua string

//go:embed lua/rotate.lua
var rotateLua string

//go:embed lua/secrets.lua
var secretsLua string

//go:embed lua/admit.lua
var admitLua string

//go:embed lua/take.lua
var takeLua string

//go:embed lua/settle.lua
var settleLua string

type scripts struct{ add, set, rotate, secrets, admit, take, settle *redis.Script }

func loadScripts() scripts {
	load := func(src string) *redis.Script { return redis.NewScript(laneLua + src) }
	return scripts{
		add: load(addLua), set: load(setLua), rotate: load(rotateLua), secrets: load(secretsLua),
		admit: load(admitLua), take: load(takeLua), settle: load(settleLua),
	}
}

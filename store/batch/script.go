package batch

import (
	_ "embed"

	"github.com/redis/go-redis/v9"
)

//go:embed lua/begin.lua
var beginLua string

//go:embed lua/finish.lua
var finishLua string

//go:embed lua/state.lua
var stateLua string

//go:embed lua/released.lua
var releasedLua string

//go:embed lua/over.lua
var overLua string

type scripts struct{ begin, finish, state, released, over *redis.Script }

func loadScripts() scripts {
	return scripts{
		begin: redis.NewScript(beginLua), finish: redis.NewScript(finishLua), state: redis.NewScript(stateLua),
		released: redis.NewScript(releasedLua), over: redis.NewScript(overLua),
	}
}

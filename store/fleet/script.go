package fleet

import (
	_ "embed"

	"github.com/redis/go-redis/v9"

	"orderq/store"
)

//go:embed lua/set.lua
var setLua string

//go:embed lua/rate.lua
var rateLua string

//go:embed lua/open.lua
var openLua string

//go:embed lua/lease.lua
var leaseLua string

//go:embed lua/beat.lua
var beatLua string

//go:embed lua/epoch.lua
var epochLua string

//go:embed lua/attest.lua
var attestLua string

//go:embed lua/forgot.lua
var forgotLua string

//go:embed lua/resume.lua
var resumeLua string

//go:embed lua/promise.lua
var promiseLua string

//go:embed lua/vouch.lua
var vouchLua string

//go:embed lua/noted.lua
var notedLua string

//go:embed lua/gone.lua
var goneLua string

type scripts struct{ set, rate, open, lease, beat, epoch, attest, forgot, resume, promise, vouch, noted, gone *redis.Script }

func loadScripts() scripts {
	ofRun := func(src string) *redis.Script { return redis.NewScript(store.RunLua + src) } // those that ask which run answers
	return scripts{
		set: redis.NewScript(setLua), rate: redis.NewScript(rateLua), open: redis.NewScript(openLua),
		lease: redis.NewScript(leaseLua), beat: ofRun(beatLua), epoch: ofRun(epochLua),
		attest: ofRun(attestLua), forgot: redis.NewScript(forgotLua), resume: redis.NewScript(resumeLua),
		promise: ofRun(promiseLua), vouch: ofRun(vouchLua),
		noted: redis.NewScript(notedLua), gone: redis.NewScript(goneLua),
	}
}

package office

import (
	"github.com/redis/go-redis/v9"

	"orderq/cmd/internal/config"
	"orderq/store"
	"orderq/store/fleet"
)

// Office is an account's records, with the settings they are looked at by. It is safe for concurrent use.
type Office struct {
	Config config.Config
	Redis  *redis.Client
	Store  *store.Store
	Fleet  *fleet.Fleet
}

// Of gives the office of the settings' account on a Redis.
func Of(cfg config.Config, rdb *redis.Client) *Office {
	st := store.Open(rdb, store.DefaultPrefix, cfg.Account)
	return &Office{Config: cfg, Redis: rdb, Store: st, Fleet: fleet.Of(st)}
}

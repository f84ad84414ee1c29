package storetest

import (
	"context"
	"fmt"
	"sort"
	"strings"
	"testing"
)

// Dump is every key of the room with its value, as text that can be compared: the proof that something
// wrote nothing, or nowhere wrote something (asynq's keys are among them). It reads type by type, because the embedded Redis cannot DUMP.
func (r *Room) Dump(t testing.TB) string {
	t.Helper()
	ctx := context.Background()
	keys, err := r.Redis.Keys(ctx, "*").Result()
	if err != nil {
		t.Fatal(err)
	}
	sort.Strings(keys)
	var b strings.Builder
	for _, key := range keys {
		kind := r.Redis.Type(ctx, key).Val()
		var value any
		switch kind {
		case "hash":
			value, err = r.Redis.HGetAll(ctx, key).Result() // fmt prints maps by key
		case "list":
			value, err = r.Redis.LRange(ctx, key, 0, -1).Result()
		case "set":
			var members []string
			members, err = r.Redis.SMembers(ctx, key).Result()
			sort.Strings(members)
			value = members
		case "zset":
			value, err = r.Redis.ZRangeWithScores(ctx, key, 0, -1).Result()
		case "stream":
			value, err = r.Redis.XRange(ctx, key, "-", "+").Result()
		case "string":
			value, err = r.Redis.Get(ctx, key).Result()
		case "none":
			continue // gone since the keys were listed
		default:
			t.Fatalf("key %s: type %s is none of orderq's", key, kind)
		}
		if err != nil {
			t.Fatalf("key %s: %v", key, err)
		}
		fmt.Fprintf(&b, "%s (%s) %q\n", key, kind, fmt.Sprint(value))
	}
	return b.String()
}

package batch

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	"orderq/store"
)

// Page gives up to limit batches, at least one, the newest first, beginning behind a place: by when a batch began, and by
// id among those of one millisecond, which never changes. next is the place that the following page begins behind; more
// is false where none follows. A batch that begins while pages are read comes before all of them.
func (b *Batches) Page(ctx context.Context, limit int, after store.Place) (all []Batch, next store.Place, more bool, err error) {
	from := "+inf"
	if after.ID != "" {
		from = strconv.FormatInt(after.At.UnixMilli(), 10)
	}
	chunk := int64(limit) + 1
	for offset := int64(0); ; offset += chunk {
		some, err := b.rdb.ZRangeArgsWithScores(ctx, redis.ZRangeArgs{
			Key: b.key.Batches(), ByScore: true, Rev: true, Start: from, Stop: "-inf", Offset: offset, Count: chunk,
		}).Result()
		if err != nil {
			return nil, after, false, fmt.Errorf("list batches: %w", err)
		}
		for _, z := range some {
			at := store.Place{At: time.UnixMilli(int64(z.Score)).UTC(), ID: fmt.Sprint(z.Member)}
			if after.ID != "" && at.At.Equal(after.At) && at.ID >= after.ID {
				continue // before it, or itself
			}
			if len(all) == limit {
				return all, next, true, nil
			}
			one, err := b.Get(ctx, at.ID)
			if errors.Is(err, ErrNotFound) {
				continue
			}
			if err != nil {
				return nil, after, false, err
			}
			all, next = append(all, one), at
		}
		if int64(len(some)) < chunk {
			return all, next, false, nil
		}
	}
}

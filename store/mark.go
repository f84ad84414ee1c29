package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"
)

// Mark is a reading of the portal's order list: what was there before the orders that refer to it passed
// the gate. All orders of an account share the current one.
type Mark struct {
	Number int64     `json:"-"`
	At     time.Time `json:"at"`
	Total  int       `json:"total"` // the list's own count
	IDs    []string  `json:"ids"`   // of its newest rows, and of those at its other end
}

// SetMark keeps a reading. Readings below lowest, the smallest number that an order in doubt refers to,
// are dropped; pass the reading's own place in time by calling this before any order refers to it.
func (s *Store) SetMark(ctx context.Context, m Mark, lowest int64) (Mark, error) {
	b, err := json.Marshal(m)
	if err != nil {
		return m, err
	}
	m.Number, err = s.lua.mark.Run(ctx, s.rdb, []string{s.key.Marks(), s.key.Fleet()}, b, lowest).Int64()
	if err != nil {
		return m, fmt.Errorf("keep a reading of the order list: %w", err)
	}
	return m, nil
}

// Mark reads a kept reading; number 0 is the current one. ErrNotFound where there is none.
func (s *Store) Mark(ctx context.Context, number int64) (Mark, error) {
	if number == 0 {
		n, err := s.rdb.HGet(ctx, s.key.Fleet(), "mark").Int64()
		if errors.Is(err, redis.Nil) {
			return Mark{}, fmt.Errorf("reading of the order list: %w", ErrNotFound)
		}
		if err != nil {
			return Mark{}, fmt.Errorf("read the current reading's number: %w", err)
		}
		number = n
	}
	b, err := s.rdb.HGet(ctx, s.key.Marks(), fmt.Sprint(number)).Bytes()
	if errors.Is(err, redis.Nil) {
		return Mark{}, fmt.Errorf("reading %d of the order list: %w", number, ErrNotFound)
	}
	if err != nil {
		return Mark{}, fmt.Errorf("read reading %d of the order list: %w", number, err)
	}
	m := Mark{Number: number}
	if err := json.Unmarshal(b, &m); err != nil {
		return m, fmt.Errorf("reading %d of the order list: %w", number, err)
	}
	return m, nil
}

// MarkBefore finds the newest kept reading that was taken before t, whatever its number: after Redis went back,
// numbers are given a second time, and the one that an attempt referred to may now name a reading that was made
// after it. ErrNotFound where none is old enough.
func (s *Store) MarkBefore(ctx context.Context, t time.Time) (Mark, error) {
	all, err := s.rdb.HGetAll(ctx, s.key.Marks()).Result()
	if err != nil {
		return Mark{}, fmt.Errorf("read the readings of the order list: %w", err)
	}
	var newest Mark
	for number, text := range all {
		var m Mark
		if err := json.Unmarshal([]byte(text), &m); err != nil {
			return m, fmt.Errorf("reading %s of the order list: %w", number, err)
		}
		if m.At.Before(t) && (newest.Number == 0 || m.At.After(newest.At)) {
			if _, err := fmt.Sscan(number, &m.Number); err != nil {
				return m, fmt.Errorf("reading %q of the order list: %w", number, err)
			}
			newest = m
		}
	}
	if newest.Number == 0 {
		return Mark{}, fmt.Errorf("reading of the order list before %s: %w", t.UTC().Format(time.RFC3339), ErrNotFound)
	}
	return newest, nil
}

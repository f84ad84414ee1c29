package store

import (
	"context"
	"fmt"
	"time"
)

// Due gives the ids of accepted and preparing orders that a worker should see to, the longest due first,
// and puts them off so that other sweepers leave them alone meanwhile.
func (s *Store) Due(ctx context.Context, limit int, putOff time.Duration) ([]string, error) {
	return s.ids(ctx, s.key.Due(), limit, putOff)
}

// ToLook gives the ids of orders in submitting, unknown, pending and review that somebody should look at.
func (s *Store) ToLook(ctx context.Context, limit int, putOff time.Duration) ([]string, error) {
	return s.ids(ctx, s.key.Look(), limit, putOff)
}

func (s *Store) ids(ctx context.Context, key string, limit int, putOff time.Duration) ([]string, error) {
	ids, err := s.lua.due.Run(ctx, s.rdb, []string{key}, limit, putOff.Milliseconds()).StringSlice()
	if err != nil {
		return nil, fmt.Errorf("read what is due: %w", err)
	}
	return ids, nil
}

// Deliver numbers a new delivery of an accepted order; 0 where it has moved on. The sweeper looks again
// after that long.
func (s *Store) Deliver(ctx context.Context, o Order, lookIn time.Duration) (generation int, err error) {
	n, err := s.lua.deliver.Run(ctx, s.rdb, []string{s.key.Order(o.ID), s.key.Due()},
		o.ID, o.Version, lookIn.Milliseconds()).Int()
	if err != nil {
		return 0, fmt.Errorf("deliver %s: %w", o.ID, err)
	}
	return n, nil
}

// PutOff lets the sweeper look at an accepted or preparing order again only after that long.
func (s *Store) PutOff(ctx context.Context, id string, lookIn time.Duration) error {
	if err := s.lua.putOff.Run(ctx, s.rdb, []string{s.key.Due()}, id, lookIn.Milliseconds()).Err(); err != nil {
		return fmt.Errorf("put off %s: %w", id, err)
	}
	return nil
}

package fleet_test

import (
	"strings"
	"testing"

	"orderq/store/fleet"
	"orderq/store/storetest"
)

func TestARedisThatKeepsEverythingIsProven(t *testing.T) {
	t.Parallel()
	if !storetest.Available(t) {
		return // the embedded Redis keeps nothing
	}
	room := storetest.Real(t, "--appendfsync", "always")
	d, err := fleet.CheckLedger(t.Context(), room.Redis)
	if err != nil || !d.Proven || len(d.Problems) != 0 || d.Unproven != "" || d.Version == "" {
		t.Fatalf("%+v, %v", d, err)
	}
	for setting, value := range map[string]string{
		"appendfsync": "everysec", "no-appendfsync-on-rewrite": "yes", "maxmemory-policy": "allkeys-lru", "appendonly": "no",
	} {
		before := room.Redis.ConfigGet(t.Context(), setting).Val()[setting]
		if err := room.Redis.ConfigSet(t.Context(), setting, value).Err(); err != nil {
			t.Fatal(err)
		}
		d, err := fleet.CheckLedger(t.Context(), room.Redis)
		if err != nil || d.Proven || len(d.Problems) != 1 || !strings.HasPrefix(d.Problems[0], setting+" is "+value+": set `"+setting+" "+before+"` in redis.conf, or CONFIG SET") {
			t.Errorf("%s %s: %+v, %v", setting, value, d, err)
		}
		if err := room.Redis.ConfigSet(t.Context(), setting, before).Err(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestTheBuiltInRedisKeepsNothing(t *testing.T) {
	t.Parallel()
	d, err := fleet.CheckLedger(t.Context(), storetest.Embedded(t).Redis)
	if err != nil || d.Proven || len(d.Problems) != 1 || !strings.Contains(d.Problems[0], "the built-in Redis keeps nothing") {
		t.Errorf("%+v, %v", d, err)
	}
}

func TestARedisThatMayNotBeAskedIsUnprovenAndNotAProblem(t *testing.T) {
	t.Parallel()
	if !storetest.Available(t) {
		return // the embedded Redis has no ACLs
	}
	room := storetest.Real(t, "--appendfsync", "always")
	if err := room.Redis.Do(t.Context(), "ACL", "SETUSER", "default", "-config").Err(); err != nil {
		t.Fatal(err)
	}
	d, err := fleet.CheckLedger(t.Context(), room.Redis)
	if err != nil || d.Proven || len(d.Problems) != 0 || !strings.Contains(d.Unproven, "CONFIG is denied (NOPERM") {
		t.Errorf("%+v, %v", d, err)
	}
	if d.AOF != "yes" || d.Policy != "noeviction" {
		t.Errorf("INFO was not believed: %+v", d)
	}
}

func TestWhatInfoAloneShowsIsAProblemAllTheSame(t *testing.T) {
	t.Parallel()
	if !storetest.Available(t) {
		return // the embedded Redis has no ACLs
	}
	room := storetest.Real(t, "--appendonly", "no", "--maxmemory-policy", "volatile-ttl")
	if err := room.Redis.Do(t.Context(), "ACL", "SETUSER", "default", "-config").Err(); err != nil {
		t.Fatal(err)
	}
	d, err := fleet.CheckLedger(t.Context(), room.Redis)
	if err != nil || d.Proven || len(d.Problems) != 2 {
		t.Errorf("%+v, %v", d, err)
	}
}

func TestAReplicaIsNoLedger(t *testing.T) {
	t.Parallel()
	if !storetest.Available(t) {
		return // the embedded Redis cannot be a replica
	}
	room := storetest.Real(t, "--appendfsync", "always")
	if err := room.Redis.Do(t.Context(), "REPLICAOF", "127.0.0.1", "1").Err(); err != nil {
		t.Fatal(err)
	}
	d, err := fleet.CheckLedger(t.Context(), room.Redis)
	if err != nil || d.Proven || len(d.Problems) != 1 || !strings.Contains(d.Problems[0], "is a replica") {
		t.Errorf("%+v, %v", d, err)
	}
}

func TestARedisThatIsAwayIsAnError(t *testing.T) {
	t.Parallel()
	room := storetest.Embedded(t)
	room.Cut(true)
	if d, err := fleet.CheckLedger(t.Context(), room.Redis); err == nil {
		t.Errorf("judged without an answer: %+v", d)
	}
}

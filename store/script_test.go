package store_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"orderq/store"
)

// commands are those that scripts may call, with what follows the key or keys: all are in Redis 6.2, on a
// cluster and, but for INFO, in the embedded one.
func commands() []string {
	return strings.Fields(`EXISTS HDEL HEXISTS HGET HGETALL HINCRBY HKEYS HMGET HSET HSETNX LPUSH LTRIM PEXPIRE RPUSH XADD XREVRANGE
		ZADD ZCARD ZRANGE ZRANGEBYSCORE ZREM ZREMRANGEBYRANK ZREMRANGEBYSCORE ZREVRANGEBYSCORE ZSCORE`)
}

var (
	calls    = regexp.MustCompile(`redis\.p?call\s*[(,]\s*'(\w+)'\s*(?:,\s*([^,)]+))?`)
	bareCall = regexp.MustCompile(`redis\.p?call`)
	helper   = regexp.MustCompile(`(?m)^\s*(?:local function )?(?:[^-\n]*\s)?(history|event|moved|note|lodge|spend|giveBack|window|alike|remember)\(([^,)]+)[,)]`)
	declared = regexp.MustCompile(`KEYS\[(\d+)\]`)
	handed   = regexp.MustCompile(`^\s*KEYS\[(?:\d+|k(?: \+ \d)?)\]\s*$`) // k counts through the keys of rows
	allKeys  = regexp.MustCompile(`^\s*(?:KEYS|\{ KEYS\[k\])\s*$`)
	keysHead = regexp.MustCompile(`(?s)-- KEYS (.*?)-- (?:ARGV|Returns)`)
	numbered = regexp.MustCompile(`(?:^|\s)(\d+) \w`)
)

// shared are the functions that scripts begin with.
func shared() []string {
	return []string{"prelude.lua", "run.lua", "lodge.lua", "budget.lua", "like.lua", "lane.lua"}
}

func luaFiles(t *testing.T) []string {
	t.Helper()
	var files []string
	for _, pattern := range []string{"lua/*.lua", "fleet/lua/*.lua", "batch/lua/*.lua", "hook/lua/*.lua"} {
		found, err := filepath.Glob(pattern)
		if err != nil || len(found) == 0 {
			t.Fatalf("%s: %v, %v", pattern, found, err)
		}
		files = append(files, found...)
	}
	return files
}

// On a cluster a script may touch only what it was handed: a key made up inside is found out there, and
// nowhere in a test without one.
func TestScriptsTouchDeclaredKeysAndOldCommandsOnly(t *testing.T) {
	t.Parallel()
	for _, file := range luaFiles(t) {
		src, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		code := string(src)
		found := calls.FindAllStringSubmatch(code, -1)
		if n := len(bareCall.FindAllString(code, -1)); n != len(found) {
			t.Errorf("%s: %d calls, and this test can read %d of them: name the command as a literal", file, n, len(found))
		}
		for _, call := range found {
			command, key := call[1], call[2]
			if command == "TIME" || command == "INFO" {
				continue // no key
			}
			if !slices.Contains(commands(), command) {
				t.Errorf("%s: %s is not in the list of commands that every Redis from 6.2 on has", file, command)
			}
			if functions := slices.Contains(shared(), filepath.Base(file)); functions && strings.HasPrefix(key, "key") {
				continue // handed to it by a script that is looked at itself
			}
			if !handed.MatchString(key) {
				t.Errorf("%s: %s on %q, want KEYS[n]", file, command, key)
			}
		}
		if slices.Contains(shared(), filepath.Base(file)) {
			continue
		}
		for _, call := range helper.FindAllStringSubmatch(code, -1) {
			if !handed.MatchString(call[2]) && !allKeys.MatchString(call[2]) {
				t.Errorf("%s: %s(%s …), want KEYS[n]", file, call[1], call[2])
			}
		}
		var used, told []string
		for _, m := range declared.FindAllStringSubmatch(code, -1) {
			used = append(used, m[1])
		}
		head := keysHead.FindStringSubmatch(code)
		if head == nil {
			t.Errorf("%s: its head names no KEYS", file)
			continue
		}
		for _, m := range numbered.FindAllStringSubmatch(" "+strings.ReplaceAll(head[1], "--", ""), -1) {
			told = append(told, m[1])
		}
		for _, n := range used {
			if !slices.Contains(told, n) {
				t.Errorf("%s: uses KEYS[%s], and its head tells of %v", file, n, told)
			}
		}
	}
}

func TestScriptsLeaveNumbersToFormatAndIdsAlone(t *testing.T) {
	t.Parallel()
	for _, file := range luaFiles(t) {
		src, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, word := range []string{"cjson", "redis.replicate_commands", "#!lua", "tostring("} {
			if strings.Contains(string(src), word) {
				t.Errorf("%s uses %s", file, word)
			}
		}
	}
}

func TestAllKeysOfAnAccountShareOneHashTag(t *testing.T) {
	t.Parallel()
	k := store.KeysOf("orderq", "acme-1")
	for _, key := range []string{k.Order("{x}"), k.History("oq1"), k.In(store.Held), k.Due(), k.Look(), k.Numbers(), k.Claims(),
		k.Line("{pbx}"), k.PBX("{pbx}"), k.Fleet(), k.Workers(), k.Hosts(), k.Marks(), k.Events(), k.Like("{pbx}", "{x}"), k.Limits(), k.Spent(),
		k.Hooks(), k.Hook("{w}"), k.HookSecrets("{w}"), k.HookEvents("{w}"), k.HookLanes("{w}"), k.HookDue("{w}"), k.HookLog("{w}")} {
		// A cluster hashes what stands between the first { and the next }.
		if _, rest, _ := strings.Cut(key, "{"); !strings.HasPrefix(rest, "acme-1}:") {
			t.Errorf("%s: its hash tag is not {acme-1}", key)
		}
	}
	if a, b := store.KeysOf("orderq", "a").Due(), store.KeysOf("orderq", "b").Due(); a == b {
		t.Errorf("two accounts share %s", a)
	}
}

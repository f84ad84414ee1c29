-- prelude.lua: what every script begins with; it is put in front of each when they are loaded.
-- Ids, bodies and JSON are opaque strings here; integers leave through int(), because Lua's own
-- formatting turns large ones into 3.04e+18.

local function int(n) return string.format('%.0f', n) end

-- Redis' own clock, in microseconds and milliseconds: one clock for all workers.
local function micros()
  local t = redis.call('TIME')
  return tonumber(t[1]) * 1000000 + tonumber(t[2])
end
local function millis() return math.floor(micros() / 1000) end

-- history appends an entry; tail is JSON members without the opening brace, written by Go.
local function history(key, now, tail)
  if tail ~= '' then redis.call('RPUSH', key, '{"at":' .. int(now) .. ',' .. tail) end
end

-- moved counts how many orders of a kind went from one state to another: how many of it are in a state, the indexes do
-- not say. from '-': they were accepted.
local function moved(key, from, to, kind, n) redis.call('HINCRBY', key, from .. ' ' .. to .. ' ' .. kind, n) end

-- event puts a move into the account's stream, the outbox of everybody who wants to be told.
local function event(key, id, state, version)
  redis.call('XADD', key, 'MAXLEN', '~', '1000000', '*', 'id', id, 'state', state, 'ver', int(version))
end

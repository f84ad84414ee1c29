-- lane.lua: what this package's scripts begin with. A lane is an order's events that wait for their delivery: 'tries
-- since id id …', the oldest first; tries and since (ms) are of the first, the only one that may be taken.

local function int(n) return string.format('%.0f', n) end

local function millis()
  local t = redis.call('TIME')
  return tonumber(t[1]) * 1000 + math.floor(tonumber(t[2]) / 1000)
end

-- note puts a line in front of an endpoint's log and keeps the newest; tail is JSON members without the opening brace,
-- written by Go.
local function note(key, now, tail)
  if tail == '' then return end
  redis.call('LPUSH', key, '{"at":' .. int(now) .. ',' .. tail)
  redis.call('LTRIM', key, 0, 199)
end

-- earlier compares two events' ids.
local function earlier(a, b)
  local ms, n = string.match(a, '^(%d+)-(%d+)$')
  local than, m = string.match(b, '^(%d+)-(%d+)$')
  ms, n, than, m = tonumber(ms), tonumber(n), tonumber(than), tonumber(m)
  return ms < than or ms == than and n < m
end

-- cut takes a lane apart: tries, since, the first event, ' ' and the others.
local function cut(lane) return string.match(lane, '^(%d+) (%d+) (%S+)(.*)$') end

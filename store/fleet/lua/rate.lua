-- rate.lua: GCRA for calls that are not orders; the gate asks the same field for those that are.
-- KEYS 1 fleet (hash)  2 workers (zset; unused)  3 hosts (hash; unused)
-- ARGV 1 emission interval, µs  2 tolerance, µs
-- Returns 0: go; else milliseconds until it is worth asking again.
local t = redis.call('TIME')
local us = tonumber(t[1]) * 1000000 + tonumber(t[2])
local tat = math.max(tonumber(redis.call('HGET', KEYS[1], 'tat') or '0'), us)
local ahead = tat - us - tonumber(ARGV[2])
if ahead > 0 then return math.ceil(ahead / 1000) end
redis.call('HSET', KEYS[1], 'tat', string.format('%.0f', tat + tonumber(ARGV[1])))
return 0

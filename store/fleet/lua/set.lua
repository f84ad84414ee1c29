-- set.lua: set and clear fields of the fleet's hash.
-- KEYS 1 fleet (hash)  2 workers (zset; unused)  3 hosts (hash; unused)
-- ARGV 1 the field that is set to Redis' time, ms ('': none)  2 n  then 2n field, value  then fields to delete
-- Returns 1.
local t = redis.call('TIME')
local now = string.format('%.0f', tonumber(t[1]) * 1000 + math.floor(tonumber(t[2]) / 1000))
if ARGV[1] ~= '' then redis.call('HSET', KEYS[1], ARGV[1], now) end
local n = tonumber(ARGV[2])
for i = 3, 1 + 2 * n, 2 do redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1]) end
for i = 3 + 2 * n, #ARGV do redis.call('HDEL', KEYS[1], ARGV[i]) end
return 1

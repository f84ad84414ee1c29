-- add.lua: a new endpoint. It is told of what happens from now on.
-- KEYS 1 endpoints (zset)  2 the endpoint (hash)  3 its secrets (zset)  4 events (stream)
-- ARGV 1 id  2 how many there may be  3 secret  4… field, value
-- Returns when it was added, ms; '' where there are too many
local was = redis.call('HGET', KEYS[2], 'created')
if was then return was end -- go-redis repeats a script whose reply was lost; ids are random
if redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[2]) then return '' end
local now = int(millis())
local last = redis.call('XREVRANGE', KEYS[4], '+', '-', 'COUNT', 1)[1]
redis.call('HSET', KEYS[2], 'created', now, 'cursor', last and last[1] or '0-0')
for i = 4, #ARGV, 2 do redis.call('HSET', KEYS[2], ARGV[i], ARGV[i + 1]) end
redis.call('ZADD', KEYS[3], '+inf', ARGV[3])
redis.call('ZADD', KEYS[1], now, ARGV[1])
return now

-- deliver.lua: an accepted order gets a new delivery: the generation that its TaskID will carry.
-- KEYS 1 record (hash)  2 due (zset)
-- ARGV 1 id  2 version read  3 look again in, ms
-- Returns the generation, or 0 where the order has moved on.
local f = redis.call('HMGET', KEYS[1], 'state', 'ver')
if f[1] ~= 'accepted' or f[2] ~= ARGV[2] then return 0 end
redis.call('ZADD', KEYS[2], int(millis() + tonumber(ARGV[3])), ARGV[1])
return redis.call('HINCRBY', KEYS[1], 'gen', 1)

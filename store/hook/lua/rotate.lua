-- rotate.lua: a new secret; what signed so far signs on for a while. At most two old ones do.
-- KEYS 1 the endpoint (hash)  2 its secrets (zset)  3 its log (list)
-- ARGV 1 the new secret  2 for how many ms the current one signs on (0: not at all)  3 log tail
-- Returns 1; 0: there is no such endpoint
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
local now = millis()
for _, secret in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], '+inf', '+inf')) do
  redis.call('ZADD', KEYS[2], int(now + tonumber(ARGV[2])), secret)
end
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', int(now))
redis.call('ZREMRANGEBYRANK', KEYS[2], 0, -3)
redis.call('ZADD', KEYS[2], '+inf', ARGV[1])
note(KEYS[3], now, ARGV[3])
return 1

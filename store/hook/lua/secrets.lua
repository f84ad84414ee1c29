-- secrets.lua: what signs now.
-- KEYS 1 an endpoint's secrets (zset)
-- ARGV none
-- Returns the secrets, the newest first
return redis.call('ZREVRANGEBYSCORE', KEYS[1], '+inf', '(' .. int(millis()))

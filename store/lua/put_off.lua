-- put_off.lua: look at an id later. Only one that is still on the list.
-- KEYS 1 due or look (zset)
-- ARGV 1 id  2 in, ms
-- Returns 1 if it was on the list, else 0.
if not redis.call('ZSCORE', KEYS[1], ARGV[1]) then return 0 end
redis.call('ZADD', KEYS[1], 'XX', int(millis() + tonumber(ARGV[2])), ARGV[1])
return 1

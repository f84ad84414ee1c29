-- due.lua: the ids that somebody has to see to now. Those returned are put off for a while, so that
-- several sweepers do not all see to the same ones.
-- KEYS 1 due or look (zset)
-- ARGV 1 at most this many  2 put off by, ms
-- Returns ids, the longest due first.
local now = millis()
local ids = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', int(now), 'LIMIT', 0, tonumber(ARGV[1]))
for _, id in ipairs(ids) do redis.call('ZADD', KEYS[1], 'XX', int(now + tonumber(ARGV[2])), id) end
return ids

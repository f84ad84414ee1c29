-- lease.lua: one process at a time does a thing (probe the portal, read its list). Losing it is harmless:
-- the thing would only be done twice.
-- KEYS 1 fleet (hash)  2 workers (zset; unused)  3 hosts (hash; unused)
-- ARGV 1 name  2 holder  3 for how many ms (0: give it back)
-- Returns 1: it is the holder's; 0: it is another's.
local t = redis.call('TIME')
local now = tonumber(t[1]) * 1000 + math.floor(tonumber(t[2]) / 1000)
local has = redis.call('HMGET', KEYS[1], ARGV[1], ARGV[1] .. 'Until')
if has[1] and has[1] ~= ARGV[2] and tonumber(has[2] or '0') > now then return 0 end
if tonumber(ARGV[3]) == 0 then
  redis.call('HDEL', KEYS[1], ARGV[1], ARGV[1] .. 'Until')
else
  redis.call('HSET', KEYS[1], ARGV[1], ARGV[2], ARGV[1] .. 'Until', string.format('%.0f', now + tonumber(ARGV[3])))
end
return 1

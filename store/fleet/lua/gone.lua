-- gone.lua: a person says that a host is gone for good and that nobody waits for it.
-- KEYS 1 fleet (hash; unused)  2 workers (zset; unused)  3 hosts (hash)
-- ARGV 1 host  2 who  3 note
-- Returns 1, or 0 where no such host is listed and the same person has not said the same before: go-redis repeats a
-- script whose reply was lost.
if redis.call('HDEL', KEYS[3], 'name:' .. ARGV[1]) == 0 then
  local said = redis.call('HMGET', KEYS[3], 'goneBy:' .. ARGV[1], 'goneNote:' .. ARGV[1])
  return said[1] == ARGV[2] and said[2] == ARGV[3] and 1 or 0
end
redis.call('HDEL', KEYS[3], 'noted:' .. ARGV[1], 'attested:' .. ARGV[1])
redis.call('HINCRBY', KEYS[3], 'roster', 1) -- the hosts that there are look at the list anew: it may be one of them
local t = redis.call('TIME')
redis.call('HSET', KEYS[3], 'gone:' .. ARGV[1], string.format('%.0f', tonumber(t[1]) * 1000),
  'goneBy:' .. ARGV[1], ARGV[2], 'goneNote:' .. ARGV[1], ARGV[3])
return 1

-- accept.lua: a new record, or the one that is there already.
-- KEYS 1 record (hash)  2 history (list)  3 index of the first state (zset)  4 due (zset)
--      5 orders of the target (zset)  6 events (stream)
-- ARGV 1 id  2 state (accepted|held)  3 history tail  4 notBefore, ms (0: none)
--      5 grace, ms: how long its own task may take before the sweeper makes another
--      6… field, value, …
-- Returns {'have', HGETALL} where the id exists (the caller compares fingerprints), else {'new', HGETALL}.
if redis.call('EXISTS', KEYS[1]) == 1 then return { 'have', redis.call('HGETALL', KEYS[1]) } end
local now, start = millis(), tonumber(ARGV[4])
lodge(KEYS[1], KEYS[2], KEYS[5], KEYS[6], now, ARGV[1], ARGV[2], ARGV[3], { unpack(ARGV, 6) })
redis.call('ZADD', KEYS[3], int(now), ARGV[1])
if ARGV[2] == 'accepted' then
  local due = now + tonumber(ARGV[5])
  if start > now then
    redis.call('HSET', KEYS[1], 'wait', 'start', 'until', int(start))
    due = start
  end
  redis.call('ZADD', KEYS[4], int(due), ARGV[1])
end
return { 'new', redis.call('HGETALL', KEYS[1]) }

-- accept.lua: a new record, or the one that is there already.
-- KEYS 1 record (hash)  2 history (list)  3 index of the first state (zset)  4 due (zset)
--      5 orders of the target (zset)  6 events (stream)  7 orders that look like it (zset)  8 limits (hash)
-- ARGV 1 id  2 state (accepted|held)  3 history tail  4 notBefore, ms (0: none)
--      5 grace, ms: how long its own task may take before the sweeper makes another
--      6 whether one that looks like it may be there: 'no', 'yes' or '' (nobody looks, nobody shall find it)
--      7 how the others would find it: id, space, batch  8… field, value, …
-- Returns {'have', HGETALL} where the id exists (the caller compares fingerprints); {'like', id and batch of the
-- other, when it was let go, now} (ms) where there must be none, and nothing was written; else {'new', HGETALL}.
if redis.call('EXISTS', KEYS[1]) == 1 then return { 'have', redis.call('HGETALL', KEYS[1]) } end
local now, start = millis(), tonumber(ARGV[4])
if ARGV[6] == 'no' then
  local other, at = alike(KEYS[7], KEYS[8], now, ARGV[7])
  if other then return { 'like', other, at, int(now) } end
end
if ARGV[6] ~= '' then remember(KEYS[7], KEYS[8], now, ARGV[7]) end
lodge(KEYS[1], KEYS[2], KEYS[5], now, ARGV[1], ARGV[2], ARGV[3], ARGV, 8, #ARGV)
event(KEYS[6], ARGV[1], ARGV[2], 1)
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

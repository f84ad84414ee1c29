-- settle.lua: what became of an event that was taken.
-- KEYS 1 the endpoint (hash)  2 due (zset)  3 lanes (hash)  4 events that wait (hash)  5 log (list)
-- ARGV 1 order id  2 event id  3 try  4 'done' (the next of its order is due), 'again' (in so many ms) or 'back' (at
--        once, and it was no try)  5 ms  6 log tail ('': none)  7 why the endpoint is disabled by it ('': it is not)
--      8 outcome, to be counted ('': none)  9 the URL that was called ('': none)  10 for how many ms the receiver wants
--        silence
-- Returns 1; 0: it is not this try's any more, and only the log was told
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
local now = millis()
note(KEYS[5], now, ARGV[6])
if ARGV[8] ~= '' then redis.call('HINCRBY', KEYS[1], 'n:' .. ARGV[8], 1) end
if redis.call('HGET', KEYS[1], 'url') == ARGV[9] then -- what an earlier URL answered says nothing of this one
  if ARGV[7] ~= '' then redis.call('HSET', KEYS[1], 'enabled', '', 'why', ARGV[7]) end
  if ARGV[8] == 'delivered' then redis.call('HDEL', KEYS[1], 'failures') else redis.call('HINCRBY', KEYS[1], 'failures', 1) end
  local resume = now + tonumber(ARGV[10])
  if resume > math.max(now, tonumber(redis.call('HGET', KEYS[1], 'resume') or 0)) then redis.call('HSET', KEYS[1], 'resume', int(resume)) end
end
local lane = redis.call('HGET', KEYS[3], ARGV[1])
if not lane then return 0 end
local tries, since, first, rest = cut(lane)
if first ~= ARGV[2] or tries ~= ARGV[3] then return 0 end
local due = now
if ARGV[4] == 'done' then
  redis.call('HDEL', KEYS[4], first)
  if rest == '' then
    redis.call('HDEL', KEYS[3], ARGV[1])
    redis.call('ZREM', KEYS[2], ARGV[1])
    return 1
  end
  lane = '0 ' .. int(now) .. rest
elseif ARGV[4] == 'back' then
  lane = int(tonumber(tries) - 1) .. ' ' .. since .. ' ' .. first .. rest
else
  due = now + tonumber(ARGV[5])
end
redis.call('HSET', KEYS[3], ARGV[1], lane)
redis.call('ZADD', KEYS[2], int(due), ARGV[1])
return 1

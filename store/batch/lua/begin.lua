-- begin.lua: a file begins to be applied: the batch is made, or taken up.
-- KEYS 1 batch (hash)  2 batches (zset)  3 batches with brakes that are not over (zset)
-- ARGV 1 id  2 token of the one that applies  3 state of a new batch  4 name  5 by  6 format  7 columns, JSON
--      8 … 10 brakes: how many canaries, share refused, share unknown (0: none)
-- One that is taken up is held by an apply that holds, takes shares that are given, and canaries where it has none: what
-- was asked for to be careful is never let fall.
-- Returns {'no', state} of one that takes no rows any more; {'new'}; or {'again', state}.
local t = redis.call('TIME')
local now = string.format('%.0f', tonumber(t[1]) * 1000 + math.floor(tonumber(t[2]) / 1000))
local state = redis.call('HGET', KEYS[1], 'state')
if state == 'cancelled' then return { 'no', state } end
if not state then
  redis.call('HSET', KEYS[1], 'state', ARGV[3], 'name', ARGV[4], 'at', now,
    'canary', ARGV[8], 'stopRefused', ARGV[9], 'stopUnknown', ARGV[10])
  redis.call('ZADD', KEYS[2], now, ARGV[1])
end
-- Who has applied it since it was last opened: none of them may approve it.
local makers = ''
if state == 'held' then
  makers = redis.call('HGET', KEYS[1], 'makers') or (redis.call('HGET', KEYS[1], 'maker') or '') .. '\n'
end
if not string.find('\n' .. makers, '\n' .. ARGV[5] .. '\n', 1, true) then makers = makers .. ARGV[5] .. '\n' end
redis.call('HSET', KEYS[1], 'token', ARGV[2], 'makers', makers, 'maker', ARGV[5], 'format', ARGV[6], 'columns', ARGV[7])
redis.call('HDEL', KEYS[1], 'applied')
if state then
  if ARGV[3] == 'held' and state ~= 'held' then
    redis.call('HSET', KEYS[1], 'state', 'held')
    redis.call('HINCRBY', KEYS[1], 'move', 1)
    state = 'held'
  end
  if ARGV[8] ~= '0' and (redis.call('HGET', KEYS[1], 'canary') or '0') == '0' then
    redis.call('HSET', KEYS[1], 'canary', ARGV[8])
    redis.call('HDEL', KEYS[1], 'proven')
  end
  if ARGV[9] ~= '0' then redis.call('HSET', KEYS[1], 'stopRefused', ARGV[9]) end
  if ARGV[10] ~= '0' then redis.call('HSET', KEYS[1], 'stopUnknown', ARGV[10]) end
end
for _, brake in ipairs(redis.call('HMGET', KEYS[1], 'canary', 'stopRefused', 'stopUnknown')) do
  if brake and brake ~= '0' then redis.call('ZADD', KEYS[3], now, ARGV[1]) end
end
if state then return { 'again', state } end
return { 'new' }

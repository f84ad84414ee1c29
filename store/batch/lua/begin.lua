-- begin.lua: a file begins to be applied: the batch is made, or taken up.
-- KEYS 1 batch (hash)  2 batches (zset)
-- ARGV 1 id  2 token of the one that applies  3 state of a new batch  4 name  5 by  6 format  7 columns, JSON
--      8 … 10 brakes of a new batch: how many canaries, share refused, share unknown (0: none)
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
redis.call('HSET', KEYS[1], 'token', ARGV[2], 'maker', ARGV[5], 'format', ARGV[6], 'columns', ARGV[7])
redis.call('HDEL', KEYS[1], 'applied')
if state then return { 'again', state } end
return { 'new' }

-- take.lua: a worker takes an order to prepare it, or learns why not.
-- KEYS 1 record (hash)  2 history (list)  3 index accepted (zset)  4 index preparing (zset)
--      5 due (zset)  6 workers (zset)  7 events (stream)  8 moves (hash)
-- ARGV 1 id  2 worker  3 nonce of this delivery  4 a worker's silence after which it counts as gone, ms
--      5 how long one preparation may take before the sweeper looks, ms
--      6 history tail for accepted → preparing  7 the same for a record whose worker died
-- Returns {'none'}; {'mine', HGETALL}: it is this delivery's to prepare; {'not', HGETALL}: it waits,
-- is another's, or stands in a state that is not prepared.
local f = redis.call('HMGET', KEYS[1], 'state', 'ver', 'until', 'owner', 'nonce', 't0', 't3', 'wait', 'on', 'reason', 'kind')
local state = f[1]
if not state then return { 'none' } end
local now = millis()
if state == 'preparing' then
  if f[5] == ARGV[3] then return { 'mine', redis.call('HGETALL', KEYS[1]) } end -- go-redis repeated us
  -- having taken it is a sign of life too: of a worker that has not come to its first heartbeat
  local beat = redis.call('ZSCORE', KEYS[6], f[4] or '')
  local last = math.max(tonumber(beat or '0'), tonumber(f[7]))
  if now - last <= tonumber(ARGV[4]) then return { 'not', redis.call('HGETALL', KEYS[1]) } end
  redis.call('HINCRBY', KEYS[1], 'crashes', 1)
  history(KEYS[2], now, ARGV[7])
elseif state == 'accepted' then
  if f[3] and tonumber(f[3]) > now then return { 'not', redis.call('HGETALL', KEYS[1]) } end
  if f[3] or f[8] or f[9] or f[10] then redis.call('HDEL', KEYS[1], 'wait', 'until', 'on', 'reason') end
  redis.call('ZREM', KEYS[3], ARGV[1])
  redis.call('ZADD', KEYS[4], f[6], ARGV[1])
  moved(KEYS[8], 'accepted', 'preparing', f[11] or '', 1)
  history(KEYS[2], now, ARGV[6])
else
  return { 'not', redis.call('HGETALL', KEYS[1]) }
end
local version = tonumber(f[2]) + 1
redis.call('HSET', KEYS[1], 'state', 'preparing', 'ver', int(version), 'owner', ARGV[2], 'nonce', ARGV[3], 't3', int(now))
redis.call('ZADD', KEYS[5], int(now + tonumber(ARGV[5])), ARGV[1])
event(KEYS[7], ARGV[1], 'preparing', version)
return { 'mine', redis.call('HGETALL', KEYS[1]) }

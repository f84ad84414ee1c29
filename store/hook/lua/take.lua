-- take.lua: the first events of lanes that are due. Each is taken for a while, within which nobody else takes it.
-- KEYS 1 the endpoint (hash)  2 due (zset)  3 lanes (hash)  4 events that wait (hash)  5 log (list; unused)
-- ARGV 1 at most this many  2 for how many ms they are taken
-- Returns event id, order id, state and version, try, since ms, now ms; for each. None while the receiver wants silence
local out = {}
if redis.call('HGET', KEYS[1], 'enabled') ~= '1' then return out end
local now = millis()
local resume = redis.call('HGET', KEYS[1], 'resume')
if resume and tonumber(resume) > now then return out end
if resume then redis.call('HDEL', KEYS[1], 'resume') end
for _, order in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', int(now), 'LIMIT', 0, tonumber(ARGV[1]))) do
  local tries, since, first, rest = cut(redis.call('HGET', KEYS[3], order))
  tries = int(tonumber(tries) + 1)
  redis.call('HSET', KEYS[3], order, tries .. ' ' .. since .. ' ' .. first .. rest)
  redis.call('ZADD', KEYS[2], int(now + tonumber(ARGV[2])), order)
  for _, v in ipairs({ first, order, redis.call('HGET', KEYS[4], first), tries, since, int(now) }) do out[#out + 1] = v end
end
return out

-- open.lua: the breaker's word to the fleet.
-- KEYS 1 fleet (hash)  2 workers (zset; unused)  3 hosts (hash; unused)
-- ARGV 1 'open' or 'close'  2 open: for how many ms from now
-- Opening never shortens an opening. Closing lets one order through first; each success doubles that.
-- Returns until when it is open, ms (0: closed).
local t = redis.call('TIME')
local now = tonumber(t[1]) * 1000 + math.floor(tonumber(t[2]) / 1000)
local has = tonumber(redis.call('HGET', KEYS[1], 'openUntil') or '0')
if ARGV[1] == 'open' then
  local till = math.max(has, now + tonumber(ARGV[2]))
  redis.call('HSET', KEYS[1], 'openUntil', string.format('%.0f', till))
  redis.call('HDEL', KEYS[1], 'allowance')
  return string.format('%.0f', till)
end
if has > 0 then
  redis.call('HDEL', KEYS[1], 'openUntil', 'prober', 'proberUntil')
  redis.call('HSET', KEYS[1], 'allowance', '1')
end
return '0'

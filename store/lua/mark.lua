-- mark.lua: keep a reading of the portal's order list; orders that pass the gate from now on refer to it.
-- KEYS 1 marks (hash)  2 fleet (hash)
-- ARGV 1 the reading (JSON)  2 the lowest number that an order in doubt refers to. Older ones are dropped,
--        but for the last 16: an order may pass the gate between that number's being read and this script.
-- Returns its number.
local n = redis.call('HINCRBY', KEYS[2], 'mark', 1)
redis.call('HSET', KEYS[1], int(n), ARGV[1])
redis.call('HSET', KEYS[2], 'markAt', int(millis()))
for _, field in ipairs(redis.call('HKEYS', KEYS[1])) do
  if tonumber(field) < tonumber(ARGV[2]) and tonumber(field) < n - 16 then redis.call('HDEL', KEYS[1], field) end
end
return n

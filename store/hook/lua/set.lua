-- set.lua: fields of an endpoint, and a line of its log. Another URL begins without failures, and may be called at once.
-- KEYS 1 the endpoint (hash)  2 its log (list)
-- ARGV 1 log tail ('': none)  2… field, value
-- Returns 1; 0: there is no such endpoint
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
for i = 2, #ARGV, 2 do
  if ARGV[i] == 'url' and redis.call('HGET', KEYS[1], 'url') ~= ARGV[i + 1] then redis.call('HDEL', KEYS[1], 'failures', 'resume') end
  redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1])
end
note(KEYS[2], millis(), ARGV[1])
return 1

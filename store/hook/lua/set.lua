-- set.lua: fields of an endpoint, and a line of its log.
-- KEYS 1 the endpoint (hash)  2 its log (list)
-- ARGV 1 log tail ('': none)  2… field, value
-- Returns 1; 0: there is no such endpoint
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
for i = 2, #ARGV, 2 do redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1]) end
note(KEYS[2], millis(), ARGV[1])
return 1

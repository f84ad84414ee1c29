-- set.lua: fields of an endpoint, and a line of its log. Another URL begins without failures and without a pause, and what
-- was put off is due soon: after what may be under way to the URL before is settled, or its time over.
-- KEYS 1 the endpoint (hash)  2 its log (list)  3 due (zset)
-- ARGV 1 log tail ('': none)  2 for how many ms events are taken  3… field, value
-- Returns 1; 0: there is no such endpoint
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
local now = millis()
for i = 3, #ARGV, 2 do
  if ARGV[i] == 'url' and redis.call('HGET', KEYS[1], 'url') ~= ARGV[i + 1] then
    redis.call('HDEL', KEYS[1], 'failures', 'resume')
    local soon = int(now + tonumber(ARGV[2]))
    for _, order in ipairs(redis.call('ZRANGEBYSCORE', KEYS[3], '(' .. soon, '+inf')) do redis.call('ZADD', KEYS[3], soon, order) end
  end
  redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1])
end
note(KEYS[2], now, ARGV[1])
return 1

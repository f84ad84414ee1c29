-- vouch.lua: a live process attests under a run of Redis that whatever it passed the gate with before is in its
-- journals.
-- KEYS 1 fleet (hash; unused)  2 workers (zset; unused)  3 hosts (hash)
-- ARGV 1 run  2 the token that it put here before it looked (promise.lua)  3… the names of the journals that it holds
-- Returns 1, or 0 where another run answers, or the token is not there.
if ARGV[1] == '' or run() ~= ARGV[1] then return 0 end
for i = 3, #ARGV do
  if redis.call('HGET', KEYS[3], 'vouching:' .. ARGV[i]) ~= ARGV[2] then return 0 end
end
for i = 3, #ARGV do
  redis.call('HDEL', KEYS[3], 'vouching:' .. ARGV[i])
  redis.call('HSET', KEYS[3], 'process:' .. ARGV[i], ARGV[1])
end
return 1

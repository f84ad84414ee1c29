-- promise.lua: somebody begins what it will later give its word for. The token is put here first: a Redis that loses
-- it meanwhile takes no word that is older than the loss.
-- KEYS 1 fleet (hash; unused)  2 workers (zset; unused)  3 hosts (hash)
-- ARGV 1 run  2 token  3… fields that get it
-- Returns 1, or 0 where another run answers.
if ARGV[1] == '' or run() ~= ARGV[1] then return 0 end
for i = 3, #ARGV do redis.call('HSET', KEYS[3], ARGV[i], ARGV[2]) end
return 1

-- resume.lua: a person lets the account go on. Only the halt that was read ends: another one may have come since, before
-- this script or, where its reply was lost and go-redis repeats it, after it.
-- KEYS 1 fleet (hash)  2 workers (zset; unused)  3 hosts (hash; unused)
-- ARGV 1 when it was halted, ms  2 when Redis was last found to have forgotten something, ms; each as it was read, '' for never
--      3 who  4 note
-- Returns 1: it is not halted; 0: it is, otherwise than was read, and nothing was written.
local is = redis.call('HMGET', KEYS[1], 'halt', 'forgot')
if not is[1] then return 1 end
if is[1] ~= ARGV[1] or (is[2] or '') ~= ARGV[2] then return 0 end
local t = redis.call('TIME')
redis.call('HSET', KEYS[1], 'resumed', string.format('%.0f', tonumber(t[1]) * 1000 + math.floor(tonumber(t[2]) / 1000)),
  'resumedBy', ARGV[3], 'resumedNote', ARGV[4])
redis.call('HDEL', KEYS[1], 'halt', 'haltBy', 'haltNote')
return 1

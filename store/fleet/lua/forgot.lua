-- forgot.lua: this Redis has forgotten what was sent. The account is halted until a person resumes it.
-- KEYS 1 fleet (hash)  2 workers (zset; unused)  3 hosts (hash; unused)
-- ARGV 1 what it had forgotten, for people
-- A halt of somebody else's keeps its note; one that this script made gets the newer.
-- Returns 1.
local t = redis.call('TIME')
local at = string.format('%.0f', tonumber(t[1]) * 1000 + math.floor(tonumber(t[2]) / 1000))
local halted = redis.call('HMGET', KEYS[1], 'halt', 'haltBy', 'haltNote', 'forgotNote')
if not halted[1] then redis.call('HSET', KEYS[1], 'halt', at) end
if not halted[1] or halted[2] == 'orderq' and halted[3] == halted[4] then
  redis.call('HSET', KEYS[1], 'haltBy', 'orderq', 'haltNote', ARGV[1])
end
redis.call('HSET', KEYS[1], 'forgot', at, 'forgotNote', ARGV[1])
return 1

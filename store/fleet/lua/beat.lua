-- beat.lua: a worker is alive; those silent for long are forgotten.
-- KEYS 1 fleet (hash)  2 workers (zset)  3 hosts (hash)
-- ARGV 1 worker  2 forget those silent for, ms  3 '1': it is leaving
-- Returns {epoch, run, beats, roster}: the run that the gate is open for ('': none), the one that answers ('':
-- INFO cannot be asked), the number of this beat, which never goes down unless Redis has, and how often
-- the list of hosts has changed.
local t = redis.call('TIME')
local now = tonumber(t[1]) * 1000 + math.floor(tonumber(t[2]) / 1000)
if ARGV[3] == '1' then redis.call('ZREM', KEYS[2], ARGV[1])
else redis.call('ZADD', KEYS[2], string.format('%.0f', now), ARGV[1]) end
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', string.format('%.0f', now - tonumber(ARGV[2])))
return { redis.call('HGET', KEYS[1], 'epoch') or '', run(), redis.call('HINCRBY', KEYS[1], 'beats', 1),
  tonumber(redis.call('HGET', KEYS[3], 'roster') or '0') }

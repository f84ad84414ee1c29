-- noted.lua: a host has these hosts on its disk. Names and not a number: numbers go back with Redis, a disk does not.
-- KEYS 1 fleet (hash; unused)  2 workers (zset; unused)  3 hosts (hash)
-- ARGV 1 host  2 the ids, with spaces between
-- Returns 1.
redis.call('HSET', KEYS[3], 'noted:' .. ARGV[1], ARGV[2])
return 1

-- over.lua: the orders of a batch are final, and its brakes have nothing to watch. Not if it is applied anew since that was
-- read: hence one script.
-- KEYS 1 batch (hash)  2 batches with brakes that are not over (zset)
-- ARGV 1 batch id  2 when it was applied to its end, as it was read ('0': there was no such batch)
-- Returns 1, or 0 where it is applied anew.
if (redis.call('HGET', KEYS[1], 'applied') or '0') ~= ARGV[2] then return 0 end
redis.call('ZREM', KEYS[2], ARGV[1])
return 1

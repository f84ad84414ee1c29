-- released.lua: orders of a batch that wait for their release no longer. A batch with none left is off the list, unless
-- a row came in meanwhile: hence one script.
-- KEYS 1 held of the batch (zset)  2 batches that have unreleased rows (zset)
-- ARGV 1 batch id  2… order ids
-- Returns how many are left.
for i = 2, #ARGV do redis.call('ZREM', KEYS[1], ARGV[i]) end
local left = redis.call('ZCARD', KEYS[1])
if left == 0 then redis.call('ZREM', KEYS[2], ARGV[1]) end
return left

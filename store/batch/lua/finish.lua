-- finish.lua: a file was read to its end. Rows that only an earlier, longer one had are put aside.
-- KEYS 1 batch (hash)  2 its rows (hash)
-- ARGV 1 token  2 SHA-256 of the file  3 how many rows it has
-- Returns 1, or 0 where the token is somebody else's by now.
if redis.call('HGET', KEYS[1], 'token') ~= ARGV[1] then return 0 end
local t = redis.call('TIME')
local now = string.format('%.0f', tonumber(t[1]) * 1000 + math.floor(tonumber(t[2]) / 1000))
local n = tonumber(ARGV[3]) + 1
local row = redis.call('HGET', KEYS[2], string.format('%.0f', n))
while row do
  local id = string.match(row, '^(%S+) ')
  if id and redis.call('HGET', KEYS[2], 'at:' .. id) == string.format('%.0f', n) then
    redis.call('HSET', KEYS[2], 'old:' .. id, row)
    redis.call('HSET', KEYS[1], 'olds', '1')
    redis.call('HDEL', KEYS[2], 'at:' .. id)
  end
  redis.call('HDEL', KEYS[2], string.format('%.0f', n))
  n = n + 1
  row = redis.call('HGET', KEYS[2], string.format('%.0f', n))
end
redis.call('HSET', KEYS[1], 'applied', now, 'sum', ARGV[2], 'rows', ARGV[3])
return 1

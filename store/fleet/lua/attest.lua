-- attest.lua: a host has held its journals against this run of Redis. When the last one has, the gate opens.
-- KEYS 1 fleet (hash)  2 workers (zset; unused)  3 hosts (hash)
-- ARGV 1 run under which it did  2 host  3 the token that it put here before it began (promise.lua)
--      4 the ledger's id, for a Redis that has lost it
--      5 '1': this host may begin a list that is empty
--      6… id, name of each host that its folder knows, itself first
-- Every host named joins the list, unless a person said that it is gone. The list is made and asked in one
-- script: a flush in between must not leave an empty one that has attested in full. Nor may it leave room between
-- the comparison and its word: the token would be gone.
-- Returns {'other run', run that answers} or {'unused'}, and writes nothing;
--      or {'open' or 'waits', epoch, fresh: 1 where this host was not listed, id of each host that has not attested …}.
local now = run()
if now == '' or now ~= ARGV[1] or redis.call('HGET', KEYS[3], 'comparing:' .. ARGV[2]) ~= ARGV[3] then
  return { 'other run', now }
end
local names = 0
for _, field in ipairs(redis.call('HKEYS', KEYS[3])) do
  if string.find(field, '^name:') then names = names + 1 end
end
if names == 0 and ARGV[5] ~= '1' then return { 'unused' } end
local t = redis.call('TIME')
local at = string.format('%.0f', tonumber(t[1]) * 1000 + math.floor(tonumber(t[2]) / 1000))
local fresh = redis.call('HEXISTS', KEYS[3], 'name:' .. ARGV[2]) == 0 and 1 or 0
redis.call('HDEL', KEYS[3], 'comparing:' .. ARGV[2], 'gone:' .. ARGV[2], 'goneBy:' .. ARGV[2], 'goneNote:' .. ARGV[2])
for i = 6, #ARGV - 1, 2 do
  local id = ARGV[i]
  if redis.call('HEXISTS', KEYS[3], 'gone:' .. id) == 0 and redis.call('HSETNX', KEYS[3], 'name:' .. id, ARGV[i + 1]) == 1 then
    redis.call('HINCRBY', KEYS[3], 'roster', 1)
  end
end
redis.call('HSETNX', KEYS[1], 'ledger', ARGV[4])
redis.call('HSET', KEYS[3], 'attested:' .. ARGV[2], now)
local all, missing = redis.call('HGETALL', KEYS[3]), {}
for i = 1, #all, 2 do
  local id = string.match(all[i], '^name:(.+)')
  if id and redis.call('HGET', KEYS[3], 'attested:' .. id) ~= now then missing[#missing + 1] = id end
end
local epoch = redis.call('HGET', KEYS[1], 'epoch')
if epoch ~= 'volatile' and #missing == 0 and epoch ~= now then
  epoch = now
  redis.call('HSET', KEYS[1], 'epoch', now, 'opened', at)
  for i = 1, #all, 2 do -- what processes vouched for under runs that are over
    if string.find(all[i], '^process:') and all[i + 1] ~= now then redis.call('HDEL', KEYS[3], all[i]) end
  end
end
return { #missing == 0 and 'open' or 'waits', epoch or '', fresh, unpack(missing) }

-- accept_rows.lua: rows of a batch, each with the record that it asks for. All of them or, where the batch takes none,
-- none. A row whose record is there already is noted as a row all the same: the caller compares fingerprints. What can
-- be written for all rows at once is: each command costs a script more than its work. Nobody is told of a row before
-- it is released: a file would push everything else out of the stream of events.
-- KEYS 1 batch (hash)  2 its rows (hash)  3 its held (zset)  4 batches that have unreleased rows (zset)
--      5 index held (zset)  6 moves (hash)
--      then for each row with an order: record (hash), orders of the target (zset)
-- ARGV 1 batch id  2 token of the one that applies it  3 how many rows n  then their n places: the row's number, or
--      next:<id of the order whose place it takes>
--      then for each row: row as JSON, order id ('': no order comes of it), and with an order:
--        kind, history tail, count of fields and values, field, value, …
-- Returns {'no', state, token} where the batch takes no rows from this caller and nothing was written; or for each row
--      with an order: 0 new, or {state, doc} of the record that was there.
local b = redis.call('HMGET', KEYS[1], 'state', 'token', 'at', 'olds')
if not b[1] or b[1] == 'cancelled' or b[2] ~= ARGV[2] then return { 'no', b[1] or '', b[2] or '' } end
local now, n = millis(), tonumber(ARGV[3])
local was = redis.call('HMGET', KEYS[2], unpack(ARGV, 4, 3 + n))
local told, rows, gone, index, held, kinds = {}, {}, {}, {}, {}, {}
local k, i = 7, 4 + n
for r = 1, n do
  local place, row, id = ARGV[3 + r], ARGV[i], ARGV[i + 1]
  i = i + 2
  local old = was[r] and string.match(was[r], '^(%S+) ')
  if old and old ~= id then
    if #rows > 0 then redis.call('HSET', KEYS[2], unpack(rows)) end -- what rows above say of their places counts
    local at = 'at:' .. old
    if redis.call('HGET', KEYS[2], at) == place then -- it has no other row, unless one comes that asks for it
      redis.call('HSET', KEYS[2], 'old:' .. old, was[r])
      redis.call('HSET', KEYS[1], 'olds', '1') -- there are rows put aside: for most batches there never are
      b[4] = '1'
      redis.call('HDEL', KEYS[2], at)
    end
  end
  rows[#rows + 1] = place
  rows[#rows + 1] = id .. ' ' .. row
  if id ~= '' then
    gone[#gone + 1] = 'old:' .. id
    rows[#rows + 1] = 'at:' .. id
    rows[#rows + 1] = place
    local kind, count, waits = ARGV[i], tonumber(ARGV[i + 2]), true
    if redis.call('EXISTS', KEYS[k]) == 1 then
      local there = redis.call('HMGET', KEYS[k], 'state', 'doc', 'wait', 'on')
      told[#told + 1] = { there[1] or '', there[2] or '' }
      waits = there[1] == 'held' and there[3] == 'batch' and there[4] == ARGV[1]
    else
      lodge(KEYS[k], KEYS[k + 1], now, id, 'held', kind, ARGV[i + 1], ARGV, i + 3, i + 2 + count)
      told[#told + 1] = 0
      index[#index + 1] = int(now)
      index[#index + 1] = id
      kinds[kind] = (kinds[kind] or 0) + 1
    end
    if waits then
      held[#held + 1] = tonumber(place) and place or '1000000000' -- behind all rows of a file
      held[#held + 1] = id
    end
    i, k = i + 3 + count, k + 2
  end
end
redis.call('HSET', KEYS[2], unpack(rows))
if b[4] and #gone > 0 then redis.call('HDEL', KEYS[2], unpack(gone)) end
if #index > 0 then redis.call('ZADD', KEYS[5], unpack(index)) end
for kind, count in pairs(kinds) do moved(KEYS[6], '-', 'held', kind, count) end
if #held > 0 then
  redis.call('ZADD', KEYS[3], unpack(held))
  redis.call('ZADD', KEYS[4], 'NX', b[3], ARGV[1])
end
return told

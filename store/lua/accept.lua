-- accept.lua: new records, or the ones that are there already. Each stands for itself: what is found of one changes
-- nothing for the others. What can be written for all at once is.
-- KEYS 1 due (zset)  2 events (stream)  3 limits (hash)  4 index accepted (zset)  5 index held (zset)  6 moves (hash)
--      then for each: record (hash), orders of the target (zset), orders that look like it (zset)
-- ARGV 1 grace, ms: how long its own task may take before the sweeper makes another  2 how many n
--      then for each: id, kind, state (accepted|held), history tail, notBefore, ms (0: none),
--        whether one that looks like it may be there: 'no', 'yes' or '' (nobody looks, nobody shall find it),
--        how the others would find it: id, space, batch, count of fields and values, field, value, …
-- Returns now, ms, and for each: 0 a new record; 1 a new one that waits for its notBefore; {'have', HGETALL} where the
-- id exists (the caller compares fingerprints); {'like', id and batch of the other, when it was let go} (ms) where there
-- must be none, and nothing was written of this one; {'error', message} where a key of its own is none of ours.
local now, n = millis(), tonumber(ARGV[2])
local w = window(KEYS[3])
local told, due, index, kinds = { int(now) }, {}, { accepted = {}, held = {} }, { accepted = {}, held = {} }
local k, i = 7, 3

-- one sees to the intent whose keys begin at k and whose arguments at i. What it notes for the end it notes before it writes: whatever fails there, a record
-- that was written is on the lists.
local function one(k, i)
  local id, kind, state, others, member = ARGV[i], ARGV[i + 1], ARGV[i + 2], ARGV[i + 5], ARGV[i + 6]
  if redis.call('EXISTS', KEYS[k]) == 1 then return { 'have', redis.call('HGETALL', KEYS[k]) } end
  if others == 'no' then
    local other, at = alike(KEYS[k + 2], w, now, member)
    if other then return { 'like', other, at } end
  end
  if others ~= '' then remember(KEYS[k + 2], w, now, member) end
  local start, waits = tonumber(ARGV[i + 4]), 0
  local all = index[state]
  all[#all + 1] = int(now)
  all[#all + 1] = id
  kinds[state][kind] = (kinds[state][kind] or 0) + 1
  if state == 'accepted' then
    if start > now then waits = 1 end
    due[#due + 1] = int(math.max(start, now + (1 - waits) * tonumber(ARGV[1])))
    due[#due + 1] = id
  end
  lodge(KEYS[k], KEYS[k + 1], now, id, state, kind, ARGV[i + 3], ARGV, i + 8, i + 7 + tonumber(ARGV[i + 7]))
  if waits == 1 then redis.call('HSET', KEYS[k], 'wait', 'start', 'until', int(start)) end
  event(KEYS[2], id, state, 1)
  return waits
end

for r = 1, n do
  local ok, said = pcall(one, k, i)
  if not ok then said = { 'error', type(said) == 'table' and said.err or said } end
  told[#told + 1] = said
  i, k = i + 8 + tonumber(ARGV[i + 7]), k + 3
end
if #index.accepted > 0 then redis.call('ZADD', KEYS[4], unpack(index.accepted)) end
if #index.held > 0 then redis.call('ZADD', KEYS[5], unpack(index.held)) end
if #due > 0 then redis.call('ZADD', KEYS[1], unpack(due)) end
for state, of in pairs(kinds) do
  for kind, count in pairs(of) do moved(KEYS[6], '-', state, kind, count) end
end
return told

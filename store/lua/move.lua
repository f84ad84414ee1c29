-- move.lua: every move but the first three (accept, take, gate), as its constructor in move.go spells it out.
-- KEYS 1 record (hash)  2 history (list)  3 index of the state it leaves (zset)  4 index of the state it enters (zset)
--      5 due (zset)  6 look (zset)  7 events (stream)  8 claims (hash)  9 line of the target (zset)
--      10 numbers (hash)  11 fleet (hash)  12 orders that look like it (zset)  13 limits (hash)  14 spent (hash)
--      15 moves (hash)
-- ARGV 1 id  2 version read  3 state it leaves  4 state it enters (the same: a note)
--      5 history tail ('': none)  6 final: 1|0
--      7 schedule: 'due', 'look', '' (on neither list), 'start' (due, at the time in 8, and waiting for it if
--        it lies ahead) or 'keep' (a note that leaves lists, line and 'until' alone)
--      8 in how many ms ('start': at which ms)  9 whether 'until' is set to that time: 1|0
--      10 target  11 claim: 'free', 'take' or ''  12 line: 'join', 'leave' or ''
--      13 portal order number to claim ('': none)  14 allowance after a breaker healed: 'double' or ''
--      15 the list of what looks like it: 'ask' (enter it unless there is another), 'enter', 'leave' or ''
--      16 how it is entered there: id, space, batch
--      17 units  18 kind  19 batch: what it spends where it turns out to have been ordered
--      20 how many set pairs n  then 2n field, value  then fields to delete
-- Returns {'ok', version, now ms, until ms, woken id, what it has spent} or {'stale', version, state} or {'taken', id of the other} or
-- {'like', id and batch of the other, when it was let go, now}; but for 'ok' nothing was written
local f = redis.call('HMGET', KEYS[1], 'state', 'ver', 't0', 'until', 'spent')
local version = tonumber(f[2] or '0')
if f[1] ~= ARGV[3] or version ~= tonumber(ARGV[2]) then return { 'stale', version, f[1] or '' } end
local now, id = millis(), ARGV[1]

if ARGV[15] == 'ask' then
  local other, at = alike(KEYS[12], window(KEYS[13]), now, ARGV[16])
  if other then return { 'like', other, at, int(now) } end
end
if ARGV[13] ~= '' and redis.call('HSETNX', KEYS[10], ARGV[13], id) == 0 then
  local other = redis.call('HGET', KEYS[10], ARGV[13])
  if other ~= id then return { 'taken', other } end
end

version = version + 1
local set = { 'state', ARGV[4], 'ver', int(version), 't3', int(now) }
if ARGV[6] == '1' and ARGV[3] ~= ARGV[4] then set[#set + 1] = 't2'; set[#set + 1] = int(now) end
local n = tonumber(ARGV[20])
for i = 21, 20 + 2 * n do set[#set + 1] = ARGV[i] end
local keep = ARGV[7] == 'keep'
local when, untilSet = now + tonumber(ARGV[8]), ARGV[9] == '1'
if ARGV[7] == 'start' then
  when = math.max(now, tonumber(ARGV[8]))
  if when > now then untilSet = true; set[#set + 1] = 'wait'; set[#set + 1] = 'start' end
end
if untilSet then set[#set + 1] = 'until'; set[#set + 1] = int(when) end
local del = {}
for i = 21 + 2 * n, #ARGV do del[#del + 1] = ARGV[i] end
if f[4] and not untilSet and not keep then del[#del + 1] = 'until' end
-- what is in doubt is spent; the proof that nothing came of it gives it back
local to, spent = ARGV[4], f[5]
if spent and (to == 'accepted' or to == 'rejected' or to == 'cancelled') then
  giveBack(KEYS[14], spent)
  spent = nil
  del[#del + 1] = 'spent'
elseif not spent and (to == 'unknown' or to == 'pending' or to == 'placed') then
  spent = spend(KEYS[14], now, ARGV[17], ARGV[18], ARGV[19])
  set[#set + 1] = 'spent'
  set[#set + 1] = spent
end
if #del > 0 then redis.call('HDEL', KEYS[1], unpack(del)) end
redis.call('HSET', KEYS[1], unpack(set)) -- after HDEL: 'start' sets a field that the caller clears

if ARGV[3] ~= ARGV[4] then
  redis.call('ZREM', KEYS[3], id)
  redis.call('ZADD', KEYS[4], f[3], id)
  moved(KEYS[15], ARGV[3], ARGV[4], ARGV[18], 1)
end

local holder = redis.call('HGET', KEYS[8], ARGV[10])
-- past the gate an order stands in no line, and on the list to look at; before it, on the list of what is due
local past = ARGV[3] == 'submitting' or ARGV[3] == 'unknown' or ARGV[3] == 'pending' or ARGV[3] == 'review'
local passed, woken = false, '' -- passed: the turn for the claim goes to the next in line
if ARGV[12] == 'join' then
  -- the holder may have let go since the gate refused: then nobody would wake us
  if not holder or holder == id then when = now end
  redis.call('ZADD', KEYS[9], f[3], id)
elseif not keep and not past and redis.call('ZREM', KEYS[9], id) == 1 then
  passed = true -- it may have been woken for a claim that it now does not take
end
if ARGV[11] == 'take' and not holder then
  redis.call('HSET', KEYS[8], ARGV[10], id)
  holder = id
elseif ARGV[11] == 'free' and holder == id then
  redis.call('HDEL', KEYS[8], ARGV[10])
  holder, passed = false, true
end
if passed and not holder then
  local next = redis.call('ZRANGE', KEYS[9], 0, 0)
  if next[1] then
    woken = next[1]
    redis.call('ZADD', KEYS[5], int(now), woken)
  end
end

if not keep then
  if past then redis.call('ZREM', KEYS[6], id) else redis.call('ZREM', KEYS[5], id) end
end
if ARGV[7] == 'due' or ARGV[7] == 'start' then redis.call('ZADD', KEYS[5], int(when), id)
elseif ARGV[7] == 'look' then redis.call('ZADD', KEYS[6], int(when), id) end

if ARGV[14] == 'double' then -- no more than a heal has set: an open breaker has none
  local allowance = tonumber(redis.call('HGET', KEYS[11], 'allowance') or '0') * 2
  if allowance > 1024 then redis.call('HDEL', KEYS[11], 'allowance')
  elseif allowance > 0 then redis.call('HSET', KEYS[11], 'allowance', int(allowance)) end
end

if ARGV[15] == 'leave' then redis.call('ZREM', KEYS[12], ARGV[16])
elseif ARGV[15] ~= '' then remember(KEYS[12], window(KEYS[13]), now, ARGV[16]) end
history(KEYS[2], now, ARGV[5])
if ARGV[3] ~= ARGV[4] or ARGV[5] ~= '' then event(KEYS[7], id, ARGV[4], version) end
return { 'ok', version, int(now), int(when), woken, spent or '' }

-- gate.lua: the only way into submitting, and so the only permission to POST. One attempt, all or nothing:
-- a refusal writes nothing. The order of the questions is part of the contract (docs/states.md).
-- KEYS 1 record (hash)  2 history (list)  3 index preparing (zset)  4 index submitting (zset)  5 due (zset)
--      6 look (zset)  7 events (stream)  8 fleet (hash)  9 claims (hash)  10 line of the target (zset)  11 marks (hash)
--      12 limits (hash)  13 spent (hash)  14 passages (hash)  15 moves (hash)
-- ARGV 1 id  2 version read  3 nonce of this passage  4 attempt  5 target
--      6 time to send and be answered, ms: the deadline is now + this
--      7 reading of the list that came before (field of marks)
--      8 GCRA emission interval, µs (0: no limit)  9 GCRA tolerance, µs
--      10 body  11 history tail  12 units  13 kind  14 batch ('': none)
--      15 epoch and count of passages ('<epoch> <n>') as they were before the PBX was read from which the order
--        was computed ('': it was not computed)
--      16 … field, value pairs to set
-- Returns {'through', version, now ms, deadline ms, again: 0|1, epoch: the run that gives the permission}
--      or {'stale', version, state}
--      or {'refused', why, milliseconds until it is worth asking again, who holds the claim, note}
local f = redis.call('HMGET', KEYS[1], 'state', 'ver', 'nonce', 't0', 't1', 'deadline', 'passed')
local state, version = f[1], tonumber(f[2] or '0')

-- already yours: go-redis repeats a script whose reply was lost
if state == 'submitting' and f[3] == ARGV[3] then 
  return { 'through', version, f[5], f[6], 1, redis.call('HGET', KEYS[8], 'epoch') or '' }
end
-- state and version
if state ~= 'preparing' or version ~= tonumber(ARGV[2]) then return { 'stale', version, state or '' } end

local s = redis.call('HMGET', KEYS[8], 'epoch', 'halt', 'haltNote', 'closed', 'closedNote', 'openUntil', 'allowance', 'tat')
local us = micros()
local now = math.floor(us / 1000)

-- epoch: this Redis must be the very run that was last found to remember everything
local epoch = s[1]
if not epoch then return { 'refused', 'recovery', 5000, '', 'the ledger has no epoch' } end
if epoch ~= 'volatile' then
  local now = run()
  if now == '' then return { 'refused', 'recovery', 5000, '', 'INFO cannot be asked' } end
  if now ~= epoch then return { 'refused', 'recovery', 5000, '', 'Redis has restarted' } end
end
-- halt
if s[2] then return { 'refused', 'halt', 5000, '', s[3] or '' } end
-- account
if s[4] then return { 'refused', 'account', 15000, '', s[5] or '' } end
-- breaker: open until a probe has found the portal well, then a window of orders in flight that each
-- success doubles
if s[6] then return { 'refused', 'breaker', math.max(250, math.ceil(tonumber(s[6]) - now)), '', '' } end
if s[7] and redis.call('ZCARD', KEYS[4]) >= tonumber(s[7]) then return { 'refused', 'breaker', 200, '', 'healing' } end
-- claim: one order in doubt for a target
local holder = redis.call('HGET', KEYS[9], ARGV[5])
if holder and holder ~= ARGV[1] then return { 'refused', 'claim', 0, holder, '' } end
-- passages: what was computed from the PBX as it was is for the PBX as it was. The claim does not tell: whoever
-- had it meanwhile may be done. The epoch, because counts that a Redis has forgotten are given again.
if ARGV[15] ~= '' and ARGV[15] ~= epoch .. ' ' .. (redis.call('HGET', KEYS[14], ARGV[5]) or '0') then
  return { 'refused', 'passed', 0, '', '' }
end
-- the reading of the list that absence will be judged by
if redis.call('HEXISTS', KEYS[11], ARGV[7]) == 0 then return { 'refused', 'mark', 0, '', '' } end
-- budget: what is in doubt counts as spent
local batch = 'batch:' .. ARGV[14]
local limits = redis.call('HMGET', KEYS[12], batch, 'day:' .. ARGV[13], 'account:' .. ARGV[13])
if limits[1] or limits[2] or limits[3] then
  local today = math.floor(now / 86400000)
  local spent = redis.call('HMGET', KEYS[13], batch, int(today) .. ':' .. ARGV[13], ARGV[13])
  for i, what in ipairs({ 'batch', 'day', 'account' }) do
    local s = tonumber(spent[i] or '0')
    if limits[i] and s + tonumber(ARGV[12]) > tonumber(limits[i]) then
      local wait = 600000 -- who raises it wakes them (Store.AskAgain)
      if what == 'day' then wait = math.min(wait, (today + 1) * 86400000 - now) end
      return { 'refused', 'budget', wait, '', what .. ' ' .. limits[i] .. ' ' .. int(s) .. ' ' .. ARGV[12] }
    end
  end
end
-- rate: GCRA on Redis' time
local interval = tonumber(ARGV[8])
if interval > 0 then
  local tat = math.max(tonumber(s[8] or '0'), us)
  if tat - us > tonumber(ARGV[9]) then
    return { 'refused', 'rate', math.ceil((tat - us - tonumber(ARGV[9])) / 1000), '', '' }
  end
  redis.call('HSET', KEYS[8], 'tat', int(tat + interval))
end

version = version + 1
local deadline = now + tonumber(ARGV[6])
redis.call('HSET', KEYS[1], 'state', 'submitting', 'ver', int(version), 'attempt', ARGV[4], 'nonce', ARGV[3],
  'spent', spend(KEYS[13], now, ARGV[12], ARGV[13], ARGV[14]), 'passed', f[7] and f[7] .. ' ' .. ARGV[3] or ARGV[3],
  't1', int(now), 't3', int(now), 'deadline', int(deadline), 'body', ARGV[10], unpack(ARGV, 16))
redis.call('HDEL', KEYS[1], 'owner')
redis.call('HSET', KEYS[9], ARGV[5], ARGV[1])
redis.call('HINCRBY', KEYS[14], ARGV[5], 1)
redis.call('ZREM', KEYS[10], ARGV[1])
redis.call('ZREM', KEYS[3], ARGV[1])
redis.call('ZADD', KEYS[4], f[4], ARGV[1])
redis.call('ZREM', KEYS[5], ARGV[1])
redis.call('ZADD', KEYS[6], int(deadline), ARGV[1])
moved(KEYS[15], 'preparing', 'submitting', ARGV[13], 1)
history(KEYS[2], now, ARGV[11])
event(KEYS[7], ARGV[1], 'submitting', version)
return { 'through', version, int(now), int(deadline), 0, epoch }

-- epoch.lua: which run of Redis the gate is open for. attest.lua opens it.
-- KEYS 1 fleet (hash)  2 workers (zset; unused)  3 hosts (hash; unused)
-- ARGV 1 'read'; 'volatile': this Redis is known to forget and nothing is at stake
--      2 with 'volatile': the ledger id to give it if it has none
-- Returns {'ok', epoch, ledger} or {'no', epoch, run, ledger}: it is not open for the run that answers.
local has = redis.call('HMGET', KEYS[1], 'epoch', 'ledger')
local ledger = has[2] or ''
if ARGV[1] == 'volatile' then
  if ledger == '' then ledger = ARGV[2] end
  redis.call('HSET', KEYS[1], 'epoch', 'volatile', 'ledger', ledger)
  return { 'ok', 'volatile', ledger }
end
if has[1] == 'volatile' then return { 'ok', 'volatile', ledger } end
local now = run()
if now ~= '' and has[1] == now then return { 'ok', now, ledger } end
return { 'no', has[1] or '', now, ledger }

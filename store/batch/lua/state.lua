-- state.lua: somebody moves a batch.
-- KEYS 1 batch (hash)
-- ARGV 1 the new state  2 by  3 note  4 what its brakes let be from now on, of a stopped one that is opened ('': nothing)
--      5 the move that it has to stand at ('': any)  6 nonce of this move  7… states that it may be moved from
-- Returns 'ok'; '' where there is no such batch; 'own' where it is held and who wants to open it has applied it since it
-- was last open; or the state that it is in.
local b = redis.call('HMGET', KEYS[1], 'state', 'move', 'nonce', 'maker', 'makers')
local state = b[1]
if not state then return '' end
if b[3] == ARGV[6] then return 'ok' end -- go-redis repeated us
if ARGV[5] ~= '' and (b[2] or '0') ~= ARGV[5] then return state end
for i = 7, #ARGV do
  if state == ARGV[i] then
    if state == 'held' and ARGV[1] == 'open' and (b[4] == ARGV[2] or string.find('\n' .. (b[5] or ''), '\n' .. ARGV[2] .. '\n', 1, true)) then return 'own' end
    redis.call('HSET', KEYS[1], 'state', ARGV[1], 'by', ARGV[2], 'note', ARGV[3], 'nonce', ARGV[6])
    redis.call('HINCRBY', KEYS[1], 'move', 1)
    -- In the same breath: a batch that is open and not proven is stopped again by the canary that stopped it.
    if state == 'stopped' and ARGV[1] == 'open' then redis.call('HSET', KEYS[1], 'proven', '1', 'spared', ARGV[4]) end
    return 'ok'
  end
end
return state

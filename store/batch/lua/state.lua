-- state.lua: somebody moves a batch.
-- KEYS 1 batch (hash)
-- ARGV 1 the new state  2 by  3 note  4… states that it may be moved from
-- Returns 'ok', '' where there is no such batch, or the state that it is in.
local state = redis.call('HGET', KEYS[1], 'state')
if not state then return '' end
for i = 4, #ARGV do
  if state == ARGV[i] then
    redis.call('HSET', KEYS[1], 'state', ARGV[1], 'by', ARGV[2], 'note', ARGV[3])
    return 'ok'
  end
end
return state

-- admit.lua: events wait for their delivery, each in its order's lane, in the stream's order; one that waits already
-- stays as it is. The cursor moves in the same step, so that none is lost and none waits twice.
-- KEYS 1 the endpoint (hash)  2 due (zset)  3 lanes (hash)  4 events that wait (hash)  5 log (list)
-- ARGV 1 the cursor as it was read ('': it stays where it is)  2 the new one  3 log tail ('': none)
--      4… event id, order id, state and version
-- Returns 'ok', 'gone' (there is no such endpoint) or 'moved' (the cursor is another: nothing was written)
if redis.call('EXISTS', KEYS[1]) == 0 then return 'gone' end
if ARGV[1] ~= '' then
  if redis.call('HGET', KEYS[1], 'cursor') ~= ARGV[1] then return 'moved' end
  redis.call('HSET', KEYS[1], 'cursor', ARGV[2])
end
local now = millis()
note(KEYS[5], now, ARGV[3])
for i = 4, #ARGV, 3 do
  local id, order = ARGV[i], ARGV[i + 1]
  if redis.call('HSETNX', KEYS[4], id, ARGV[i + 2]) == 1 then
    local lane = redis.call('HGET', KEYS[3], order)
    if not lane then
      redis.call('HSET', KEYS[3], order, '0 ' .. int(now) .. ' ' .. id)
      redis.call('ZADD', KEYS[2], int(now), order)
    else
      local tries, since, first, rest = cut(lane)
      local ids, placed = {}, false
      for other in string.gmatch(first .. rest, '%S+') do
        if not placed and earlier(id, other) then ids[#ids + 1] = id; placed = true end
        ids[#ids + 1] = other
      end
      if not placed then ids[#ids + 1] = id end
      if ids[1] == id then tries, since = '0', int(now) end -- a replay goes before what waits
      redis.call('HSET', KEYS[3], order, tries .. ' ' .. since .. ' ' .. table.concat(ids, ' '))
    end
  end
end
return 'ok'

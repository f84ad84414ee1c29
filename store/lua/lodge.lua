-- lodge.lua: the one way in which a record comes to be. It is put in front of the scripts that accept.

-- lodge makes a record with its history, its target's list and its event; its state's index is the caller's, who may
-- have many to enter at once. keyed: record (hash), history (list), orders of the target (zset), events (stream). now:
-- ms. fields: further fields and values.
local function lodge(keyRecord, keyHistory, keyTarget, keyEvents, now, id, state, tail, fields)
  redis.call('HSET', keyRecord, 'state', state, 'ver', '1', 't0', int(now), 't3', int(now), unpack(fields))
  history(keyHistory, now, tail)
  redis.call('ZADD', keyTarget, int(now), id)
  event(keyEvents, id, state, 1)
end

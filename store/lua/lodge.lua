-- lodge.lua: the one way in which a record comes to be. It is put in front of the scripts that accept.

-- lodge makes a record and enters it in its target's list; its state's index and its event are the caller's, who
-- may have many to enter at once, and may have nobody to tell. Its history begins in the record itself ('first': the tail
-- of the entry, whose time is t0): a list costs Redis as much as the record. keyed: record (hash), orders of the target
-- (zset). now: ms. args from..to: further fields and values.
local function lodge(keyRecord, keyTarget, now, id, state, kind, tail, args, from, to)
  redis.call('HSET', keyRecord, 'state', state, 'kind', kind, 'ver', '1', 't0', int(now), 't3', int(now), 'first', tail,
    unpack(args, from, to))
  redis.call('ZADD', keyTarget, int(now), id)
end

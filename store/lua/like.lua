-- like.lua: orders that look alike: same target, kind and amount, within the account's window. It is put in front of
-- the scripts that let orders go. Their list, a key of its own, ends with the window.

-- window is how long orders are remembered by what they look like, ms; 0: they are not. keyLimits: hash.
local function window(keyLimits) return tonumber(redis.call('HGET', keyLimits, 'duplicateWindow') or '86400000') end

-- alike is the youngest order on the list but this one, 'id batch', and when it was let go, ms; nil: none.
-- keyLike: zset. w: the window.
local function alike(keyLike, w, now, member)
  if w == 0 then return nil end
  local found = redis.call('ZREVRANGEBYSCORE', keyLike, '+inf', '(' .. int(now - w), 'WITHSCORES', 'LIMIT', 0, 2)
  for i = 1, #found, 2 do
    if found[i] ~= member then return found[i], found[i + 1] end
  end
end

-- remember enters an order that is let go.
local function remember(keyLike, w, now, member)
  if w == 0 then return end
  redis.call('ZADD', keyLike, int(now), member)
  redis.call('PEXPIRE', keyLike, int(w))
end

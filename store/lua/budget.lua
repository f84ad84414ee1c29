-- budget.lua: units that orders have spent, for the account's life, for the UTC day and for their batch. It is put in
-- front of the scripts that spend and give back. What an order has spent stands in its record, 'units day kind batch',
-- so that it is spent once and given back once.

-- spend notes the units of an order, and gives what its record has to keep. keySpent: hash.
local function spend(keySpent, now, units, kind, batch)
  local day = int(math.floor(now / 86400000))
  redis.call('HINCRBY', keySpent, kind, units)
  redis.call('HINCRBY', keySpent, day .. ':' .. kind, units)
  if batch ~= '' then redis.call('HINCRBY', keySpent, 'batch:' .. batch, units) end
  return units .. ' ' .. day .. ' ' .. kind .. ' ' .. batch
end

-- giveBack takes back what a record says that its order has spent.
local function giveBack(keySpent, spent)
  local units, day, kind, batch = string.match(spent, '^(%d+) (%d+) (%S+) (%S*)$')
  redis.call('HINCRBY', keySpent, kind, '-' .. units)
  redis.call('HINCRBY', keySpent, day .. ':' .. kind, '-' .. units)
  if batch ~= '' then redis.call('HINCRBY', keySpent, 'batch:' .. batch, '-' .. units) end
end

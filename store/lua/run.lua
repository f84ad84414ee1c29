-- run.lua: which run of Redis answers, and with whose data: run_id changes with every start, master_replid with
-- every promotion and every full copy from another. '' where INFO cannot be asked.
local function run()
  local id = ''
  for _, part in ipairs({ { 'server', 'run_id:(%x+)' }, { 'replication', 'master_replid:(%x+)' } }) do
    local ok, info = pcall(redis.call, 'INFO', part[1])
    local found = ok and type(info) == 'string' and string.match(info, part[2])
    if not found then return '' end
    id = id .. string.sub(found, 1, 20)
  end
  return id
end

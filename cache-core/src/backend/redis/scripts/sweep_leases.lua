-- Removes leases, except those that are marks (0xff first).
-- KEYS leases… → how many it were
local removed = 0
for each = 1, #KEYS do
  local holder = redis.pcall('GET', KEYS[each])
  if type(holder) == 'table' and string.sub(holder.err, 1, 9) ~= 'WRONGTYPE' then return holder end
  if type(holder) ~= 'string' or string.byte(holder, 1) ~= 255 then
    removed = removed + redis.call('UNLINK', KEYS[each])
  end
end
return removed

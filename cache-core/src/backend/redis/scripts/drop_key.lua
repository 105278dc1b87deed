-- Removes what a key has, and its lease unless that is a mark (0xff first).
-- KEYS lease, identity, values…
local holder = redis.pcall('GET', KEYS[1])
if type(holder) == 'table' and string.sub(holder.err, 1, 9) ~= 'WRONGTYPE' then return holder end
if type(holder) == 'string' and string.byte(holder, 1) ~= 255 then redis.call('UNLINK', KEYS[1]) end
for each = 2, #KEYS do redis.call('UNLINK', KEYS[each]) end
return 1

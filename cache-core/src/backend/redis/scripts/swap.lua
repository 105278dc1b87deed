-- Sets a name, or frees it, if it is what was seen.
-- KEYS name · ARGV seen, and to set it: new bytes, ttl
local known = redis.pcall('GET', KEYS[1])
if type(known) == 'table' and string.sub(known.err, 1, 9) ~= 'WRONGTYPE' then return known end
if known ~= ARGV[1] then return 0 end
if ARGV[3] then redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3]) else redis.call('UNLINK', KEYS[1]) end
return 1

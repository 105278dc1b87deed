-- Sets a name, unless it is a mark (0xff first).
-- KEYS name · ARGV version, ttl
local known = redis.pcall('GET', KEYS[1])
if type(known) == 'table' and string.sub(known.err, 1, 9) ~= 'WRONGTYPE' then return known end
if type(known) == 'string' and string.byte(known, 1) == 255 then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1

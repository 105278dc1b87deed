-- Gives a name a version if it has none, and prolongs it. A mark (0xff first) ends when its writer lets it.
-- KEYS name · ARGV candidate, ttl
local known = redis.pcall('SET', KEYS[1], ARGV[1], 'NX', 'GET', 'PX', ARGV[2])
if type(known) == 'string' and string.byte(known, 1) ~= 255 then redis.call('PEXPIRE', KEYS[1], ARGV[2], 'GT') end
return known

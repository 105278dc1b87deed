-- Moves a value from its staging name to its own, if the lease is still the token's.
-- KEYS lease, staging, value, identity (or none) · ARGV token, ttl (or none: as it was staged), channel, message,
-- version, its ttl
local holder = redis.pcall('GET', KEYS[1])
if type(holder) == 'table' and string.sub(holder.err, 1, 9) ~= 'WRONGTYPE' then return holder end
if holder ~= ARGV[1] then
  redis.call('UNLINK', KEYS[2])
  return 0
end
local moved = redis.pcall('RENAME', KEYS[2], KEYS[3])
-- Whatever became of the value, nobody else is to wait for it.
redis.call('UNLINK', KEYS[1])
if moved.err then
  -- "No such key": it was evicted.
  if redis.call('EXISTS', KEYS[2]) == 0 then return 0 end
  return moved
end
if ARGV[2] ~= '' then redis.call('PEXPIRE', KEYS[3], ARGV[2]) end
if KEYS[4] then redis.call('SET', KEYS[4], ARGV[5], 'PX', ARGV[6]) end
if ARGV[3] ~= '' then redis.call('PUBLISH', ARGV[3], ARGV[4]) end
return 1

-- Asks a sliding window for one call: calls in this window, and of the one before the share that still counts.
-- KEYS name · ARGV most, window in µs, ttl in ms → allowed, remaining, retry after in µs
local most, length = tonumber(ARGV[1]), tonumber(ARGV[2])
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
local number, into = math.floor(now / length), now % length
local known = redis.pcall('HMGET', KEYS[1], 'n', 'c', 'p')
if known.err and string.sub(known.err, 1, 9) ~= 'WRONGTYPE' then return known end
if known.err then
  redis.call('UNLINK', KEYS[1])
  known = {}
end
local current, previous = 0, 0
local age = number - (tonumber(known[1]) or number)
if age <= 0 then current, previous = tonumber(known[2]) or 0, tonumber(known[3]) or 0 end
if age == 1 then previous = tonumber(known[2]) or 0 end
local used = current + previous * (1 - into / length)
local allowed = used + 1 <= most
local wait = 0
if allowed then
  current = current + 1
elseif current + 1 <= most then
  -- The window before has to slide out far enough.
  wait = length * (1 - (most - 1 - current) / previous) - into
elseif most >= 1 then
  -- This window becomes the one before, and that has to slide out far enough.
  wait = length - into + length * (1 - (most - 1) / current)
else
  wait = length - into
end
-- A little beyond, so that who waits exactly so long is not too early.
if not allowed then wait = math.ceil(math.max(0, wait)) + 1 end
redis.call('HSET', KEYS[1], 'n', string.format('%.0f', number), 'c', current, 'p', previous)
redis.call('PEXPIRE', KEYS[1], ARGV[3])
local left = math.max(0, math.floor(most - used - (allowed and 1 or 0)))
return { allowed and 1 or 0, string.format('%.0f', left), string.format('%.0f', wait) }

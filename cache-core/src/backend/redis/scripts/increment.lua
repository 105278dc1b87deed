-- Adds to a number and stays at the ends of i64. What is no number counts as zero. Answers text: Lua's numbers are exact to 2^53 only.
-- KEYS name · ARGV by, ttl
local sum = redis.pcall('INCRBY', KEYS[1], ARGV[1])
if type(sum) == 'table' then
  local to = ARGV[1]
  if string.find(sum.err, 'overflow', 1, true) then
    to = string.sub(to, 1, 1) == '-' and '-9223372036854775808' or '9223372036854775807'
  elseif string.sub(sum.err, 1, 9) ~= 'WRONGTYPE' and not string.find(sum.err, 'not an integer', 1, true) then
    return sum
  end
  redis.call('SET', KEYS[1], to, 'KEEPTTL')
end
if redis.call('PTTL', KEYS[1]) < 0 then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return redis.call('GET', KEYS[1])

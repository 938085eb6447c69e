-- Counts an attempt as a failure, unless the key is locked: then gives the milliseconds that it
-- still is. ARGV: from which failure on there are locks, the first lock and the longest one, in
-- milliseconds.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local known = redis.call('HMGET', KEYS[1], 'failures', 'locked_until')
local failures, locked_until = tonumber(known[1] or 0) + 1, tonumber(known[2] or 0)
local after, base, maximum = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
if locked_until > now then
  return locked_until - now
end
local lock = 0
if failures >= after then
  lock = math.min(maximum, base * 2 ^ math.min(failures - after, 60))
end
redis.call('HSET', KEYS[1], 'failures', failures, 'locked_until', string.format('%.0f', now + lock))
redis.call('PEXPIRE', KEYS[1], math.ceil(lock + maximum))
return 0

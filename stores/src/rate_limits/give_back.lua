-- Takes one failure back, and the lock that it brought.
local failures = tonumber(redis.call('HGET', KEYS[1], 'failures') or 0)
if failures > 0 then
  redis.call('HSET', KEYS[1], 'failures', failures - 1, 'locked_until', 0)
end

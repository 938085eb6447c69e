-- Takes from the buckets of all keys, or from none. A bucket is the time at which it will be full
-- again, in microseconds. ARGV: for each key what is taken and how long the bucket takes from empty
-- to full, as times. Gives for each key the time until it is full, and the time until it holds
-- enough.
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local wanted, answer, allowed = {}, {}, true
for place, key in ipairs(KEYS) do
  local cost, period = tonumber(ARGV[2 * place - 1]), tonumber(ARGV[2 * place])
  local full = math.max(tonumber(redis.call('GET', key) or now), now)
  local wait = math.max(full + cost - now - period, 0)
  allowed = allowed and wait == 0
  wanted[place] = full + cost
  answer[2 * place - 1], answer[2 * place] = full - now, wait
end
if allowed then
  for place, key in ipairs(KEYS) do
    local left = wanted[place] - now
    answer[2 * place - 1] = left
    if left > 0 then
      redis.call('SET', key, string.format('%.0f', wanted[place]), 'PX', math.ceil(left / 1000))
    end
  end
end
return answer

-- For wrk: posts bodies in turn, one a line of a file, then says what it knows as one line of
-- JSON. With a second argument each request has an idempotency key of its own.

local bodies, keyed, prefix, sent = {}, false, "", 0

function init(arguments)
  for line in io.lines(arguments[1]) do bodies[#bodies + 1] = line end
  wrk.method = "POST"
  wrk.headers["Content-Type"] = "application/json"
  wrk.headers["Accept"] = "application/graphql-response+json, application/json"
  keyed = arguments[2] ~= nil
  prefix = os.time() .. "-"
  wrk.body = bodies[1]
end

function request()
  sent = sent + 1
  if keyed then wrk.headers["Idempotency-Key"] = prefix .. sent end
  return wrk.format(nil, nil, nil, bodies[sent % #bodies + 1])
end


function done(summary, latency, requests)
  local errors = summary.errors
  print(string.format(
    '{"requests":%d,"micros":%d,"bytes":%d,"failed":%d,"p50":%d,"p99":%d}',
    summary.requests, summary.duration, summary.bytes,
    errors.connect + errors.read + errors.write + errors.status + errors.timeout,
    latency:percentile(50), latency:percentile(99)))
end

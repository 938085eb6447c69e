-- For wrk: posts one body over and over, then says what it knows as one line of JSON.

function init(arguments)
  local file = assert(io.open(arguments[1], "rb"))
  wrk.method = "POST"
  wrk.body = file:read("*a")
  wrk.headers["Content-Type"] = "application/json"
  wrk.headers["Accept"] = "application/graphql-response+json, application/json"
  file:close()
end

function done(summary, latency, requests)
  local errors = summary.errors
  print(string.format(
    '{"requests":%d,"micros":%d,"bytes":%d,"failed":%d,"p50":%d,"p99":%d}',
    summary.requests, summary.duration, summary.bytes,
    errors.connect + errors.read + errors.write + errors.status + errors.timeout,
    latency:percentile(50), latency:percentile(99)))
end

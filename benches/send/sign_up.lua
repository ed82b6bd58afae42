-- For wrk: every request signs up an address that nobody has used before.
--   wrk -s sign_up.lua URL -- MARK
-- MARK keeps several runs on one database apart.
local threads = 0

function setup(thread)
  threads = threads + 1
  thread:set("number", threads)
end

function init(args)
  mark, count = args[1] or "a", 0
  path = wrk.path
  headers = { ["Content-Type"] = "application/json" }
end

function request()
  count = count + 1
  local body = string.format('{"email":"%s%d-%07d@example.com"}', mark, number, count)
  return wrk.format("POST", path, headers, body)
end

-- What wrk prints for people is rounded; this is for the script.
function done(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format("figures %d %d %d %d %d\n", summary.requests, summary.duration,
    errors.status, errors.connect + errors.read + errors.write + errors.timeout, latency:percentile(99)))
end

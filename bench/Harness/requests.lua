-- What wrk sends and reports. Arguments: a file with a credential on each line, which are sent in turns, the header for them, and for
-- a POST the file with its body and the body's type. One thread (-t1) is taken for granted.

function init(args)
  local credentials, requests = {}, {}
  for credential in io.lines(args[1]) do credentials[#credentials + 1] = credential end
  if args[3] then
    local file = io.open(args[3], "rb")
    wrk.method, wrk.body = "POST", file:read("*a")
    wrk.headers["Content-Type"] = args[4]
    file:close()
  end

  -- Without a request function wrk sends one and the same text, and costs least.
  wrk.headers[args[2]] = credentials[1]
  if #credentials == 1 then return end

  for _, credential in ipairs(credentials) do
    wrk.headers[args[2]] = credential
    requests[#requests + 1] = wrk.format()
  end
  local at = 0
  request = function()
    at = at % #requests + 1
    return requests[at]
  end
end

function done(summary, latency)
  local errors = summary.errors
  print(string.format("result %d %d %d %d", summary.requests, summary.duration, latency:percentile(99),
    errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end

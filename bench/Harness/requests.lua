-- What wrk sends and reports. Arguments: a file with a token on each line, which are sent in turns, and the header for them.
-- One thread (-t1) is taken for granted.

function init(args)
  local tokens, requests = {}, {}
  for token in io.lines(args[1]) do tokens[#tokens + 1] = token end

  -- Without a request function wrk sends one and the same text, and costs least.
  wrk.headers[args[2]] = tokens[1]
  if #tokens == 1 then return end

  for _, token in ipairs(tokens) do
    wrk.headers[args[2]] = token
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

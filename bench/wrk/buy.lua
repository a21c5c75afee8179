-- Buys: a hold, and when its answer is there a payment with points for the reservation that it made.
-- The file has one line a seat: access token, queue token, date, seat.
local buyers = {}
local byseat = {}
local next_buyer = 0
local to_pay = {}
local first, last = 1, 0
paid = 0
local threads = {}

function setup(thread)
   table.insert(threads, thread)
end

function init(args)
   for line in io.lines(args[1]) do
      local access, queue, date, seat = line:match("(%S+) (%S+) (%S+) (%S+)")
      local body = '{"dateId":"' .. date .. '","seatIds":["' .. seat .. '"]}'
      buyers[#buyers + 1] = table.concat({
         "POST /api/v1/reservations HTTP/1.1\r\nHost: jari\r\nAuthorization: Bearer ", access,
         "\r\nX-Queue-Token: ", queue, "\r\nIdempotency-Key: h-", seat,
         "\r\nContent-Type: application/json\r\nContent-Length: ", #body, "\r\n\r\n", body })
      byseat[seat] = access
   end
end

function request()
   if first <= last then
      local job = to_pay[first]
      to_pay[first] = nil
      first = first + 1
      return job
   end
   next_buyer = next_buyer + 1
   return buyers[next_buyer]
end

function response(status, headers, body)
   if status ~= 201 then return end
   if body:find('"method":"POINTS"', 1, true) then
      paid = paid + 1
      return
   end
   local reservation, seat = body:match('^{"id":"([%x-]+)".-"seats":%[{"id":"([%x-]+)"')
   local payment = '{"method":"POINTS"}'
   last = last + 1
   to_pay[last] = table.concat({
      "POST /api/v1/reservations/", reservation, "/payments HTTP/1.1\r\nHost: jari\r\nAuthorization: Bearer ",
      byseat[seat], "\r\nIdempotency-Key: p-", seat,
      "\r\nContent-Type: application/json\r\nContent-Length: ", #payment, "\r\n\r\n", payment })
end

function done(summary, latency, requests)
   local total = 0
   for _, thread in ipairs(threads) do total = total + thread:get("paid") end
   print(string.format("Paid/sec: %.2f", total / (summary.duration / 1000000)))
end

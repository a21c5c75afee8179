-- Sends the requests of a file one after the other, each once and then from the start again.
-- A file holds whole HTTP requests, separated by a line "%%".
local requests = {}
local index = 0

function init(args)
   local file = assert(io.open(args[1], "rb"))
   local text = file:read("*a")
   file:close()
   local from = 1
   while true do
      local at = text:find("%%\n", from, true)
      if not at then break end
      requests[#requests + 1] = text:sub(from, at - 1)
      from = at + 3
   end
end

function request()
   index = index % #requests + 1
   return requests[index]
end

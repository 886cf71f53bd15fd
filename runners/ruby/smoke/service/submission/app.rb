require "webrick"

server = WEBrick::HTTPServer.new(Port: Integer(ENV.fetch("PORT")))
server.mount_proc("/") { |_, reply| reply.body = "hello" }
server.start

require "sinatra/base"

class App < Sinatra::Base
  get("/:name") { "#{params["name"]} #{Sinatra::VERSION}" }
end

run App

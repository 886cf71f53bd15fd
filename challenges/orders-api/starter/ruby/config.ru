# frozen_string_literal: true

# The HTTP API (section 4 of the brief). Use any framework: this one only shows how the service is started.
require "json"

api = lambda do |env|
  healthy = env["PATH_INFO"] == "/health"
  missing = { error: { code: "not_found", message: "there is nothing here", details: [] } }
  body = JSON.generate(healthy ? { status: "ok" } : missing)
  [healthy ? 200 : 404, { "content-type" => "application/json" }, [body]]
end

run api

# frozen_string_literal: true

# The help desk's tool: an order as JSON from stdin, its quote as JSON to stdout.
require "json"
require_relative "pricing"

begin
  order = JSON.parse($stdin.read)
  raise ArgumentError, "an order is a JSON object" unless order.is_a?(Hash)

  puts JSON.generate(Shop::Pricing.quote(order["lines"], order["coupon"]))
rescue JSON::ParserError, ArgumentError => error
  warn "quote: not a valid order: #{error.message}"
  exit 2
end

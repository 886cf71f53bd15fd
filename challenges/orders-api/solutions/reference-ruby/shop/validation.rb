# frozen_string_literal: true

require "json"
require "time"
require_relative "pricing"

module Shop
  # What a request may contain, before any table is changed.
  module Validation
    MAX_ID = 2**31 - 1
    MAX_LINES = 50
    MAX_QUANTITY = 1000
    MAX_LIMIT = 100
    TIME = /\A\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z\z/

    # Every invalid field of a request.
    class Invalid < StandardError
      attr_reader :problems

      def initialize(*problems)
        @problems = problems.map { |field, message| { field: field, message: message } }
        super("some values are not valid")
      end
    end

    module_function

    # Whether PostgreSQL can hold it: no NUL, no broken characters.
    def text?(value) = value.is_a?(String) && value.valid_encoding? && !value.include?("\0")

    def integer?(value, range) = value.is_a?(Integer) && range.cover?(value)

    # Raise Invalid unless the order is valid; the shop looks customers and SKUs up.
    def check_order(body, shop)
      problems = []
      customer = body["customer_id"]
      unless integer?(customer, 1..MAX_ID) && shop.customer?(customer)
        problems << ["customer_id", "must be the id of an existing customer"]
      end
      problems += line_problems(body["lines"], shop)
      begin
        Pricing.coupon_code(body["coupon"])
      rescue ArgumentError
        problems << ["coupon", "is not known"]
      end
      raise Invalid.new(*problems) if problems.any?
    end

    def line_problems(lines, shop)
      unless lines.is_a?(Array) && (1..MAX_LINES).cover?(lines.size)
        return [["lines", "must be a list of 1 to #{MAX_LINES} lines"]]
      end

      lines = lines.map { |line| line.is_a?(Hash) ? line : {} }
      known = shop.known_skus(lines.map { |line| line["sku"] }.select { |sku| text?(sku) })
      lines.each_with_index.flat_map do |line, index|
        found = []
        found << ["lines[#{index}].sku", "must be the SKU of an existing product"] unless known.include?(line["sku"])
        unless integer?(line["quantity"], 1..MAX_QUANTITY)
          found << ["lines[#{index}].quantity", "must be a whole number from 1 to #{MAX_QUANTITY}"]
        end
        found
      end
    end

    # The number of a path, nil for what is no id at all.
    def path_id(text)
      id = Integer(text, 10) if text.match?(/\A\d{1,10}\z/)
      id if id && id <= MAX_ID
    end

    def page_limit(text)
      return 20 if text.nil?

      limit = text.match?(/\A\d{1,3}\z/) ? Integer(text, 10) : 0
      return limit if (1..MAX_LIMIT).cover?(limit)

      raise Invalid.new(["limit", "must be a whole number from 1 to #{MAX_LIMIT}"])
    end

    def encode_cursor(*key) = [JSON.generate(key)].pack("m0").tr("+/", "-_")

    # The key that `encode_cursor` was given: an id, after a time where there is one; nil for no cursor.
    def decode_cursor(text, with_time: false)
      return if text.nil?

      key = JSON.parse(text.tr("-_", "+/").unpack1("m0"))
      *times, id = key.is_a?(Array) ? key : []
      right = integer?(id, 0..MAX_ID) && times.size == (with_time ? 1 : 0)
      right &&= times.all? { |time| time.is_a?(String) && time.match?(TIME) && Time.iso8601(time) }
      return key if right

      raise ArgumentError, "another key"
    rescue ArgumentError, JSON::ParserError, EncodingError
      raise Invalid.new(["cursor", "is not a cursor of ours"])
    end
  end
end

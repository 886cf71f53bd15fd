# frozen_string_literal: true

require "json"
require "uri"
require_relative "store"
require_relative "validation"

module Shop
  # The HTTP API: requests in, JSON out; rules live in pricing, validation and store.
  class Api
    # An answer that is no success.
    class Refusal < StandardError
      attr_reader :status, :body

      def initialize(status, code, message, details = [])
        @status = status
        @body = { error: { code: code, message: message, details: details } }
        super(message)
      end
    end

    Request = Struct.new(:parameter, :query, :env)
    MAX_BODY = 1 << 20
    ROUTES = [
      ["GET", %r{\A/health\z}, :health],
      ["GET", %r{\A/products\z}, :products],
      ["GET", %r{\A/products/(.+)\z}, :product],
      ["POST", %r{\A/orders\z}, :place],
      ["GET", %r{\A/orders/([^/]+)\z}, :order],
      ["GET", %r{\A/orders/([^/]+)/invoice\z}, :invoice],
      ["POST", %r{\A/orders/([^/]+)/cancel\z}, :cancel],
      ["GET", %r{\A/customers/([^/]+)/orders\z}, :orders]
    ].freeze

    def initialize(store)
      @store = store
    end

    def call(env)
      status, body, headers = answer(env)
      [status, { "content-type" => "application/json", **(headers || {}) }, [JSON.generate(body)]]
    end

    private

    def answer(env)
      route(env)
    rescue Refusal => refusal
      [refusal.status, refusal.body]
    rescue Validation::Invalid => invalid
      refused(422, "validation_failed", invalid.message, invalid.problems)
    rescue Store::Conflict => conflict
      refused(409, conflict.code, conflict.message)
    rescue StandardError => error
      warn error.full_message
      refused(500, "internal_error", "this is our fault; please try again")
    end

    def refused(*words) = Refusal.new(*words).then { |refusal| [refusal.status, refusal.body] }

    def route(env)
      path = env["PATH_INFO"]
      here = ROUTES.select { |_, pattern, _| pattern.match?(path) }
      _, pattern, action = here.find { |method, _, _| method == env["REQUEST_METHOD"] }
      raise Refusal.new(405, "method_not_allowed", "that cannot be done here") if action.nil? && here.any?

      found(action)
      send(action, Request.new(decoded(pattern.match(path)[1]), query(env), env))
    end

    def found(thing) = thing || raise(Refusal.new(404, "not_found", "there is nothing here"))

    # A part of a path without its escapes; what has broken ones names nothing.
    def decoded(text)
      text && URI.decode_www_form_component(text.gsub("+", "%2B"))
    rescue ArgumentError
      found(nil)
    end

    def query(env)
      URI.decode_www_form(env["QUERY_STRING"].to_s).reverse.to_h
    rescue ArgumentError
      {}
    end

    # A page of `limit` of rows that were read with one more, to know if there is a next.
    def page(rows, limit, *key)
      items = rows.first(limit)
      cursor = Validation.encode_cursor(*items.last.values_at(*key)) if rows.size > limit
      [200, { items: items, next_cursor: cursor }]
    end

    def json(env)
      data = env["rack.input"].read(MAX_BODY + 1).to_s.dup.force_encoding(Encoding::UTF_8)
      raise Refusal.new(413, "too_large", "a body has at most #{MAX_BODY} bytes") if data.bytesize > MAX_BODY

      body = JSON.parse(data) if data.valid_encoding?
      return body if body.is_a?(Hash)

      raise Refusal.new(400, "malformed_json", "the body must be a JSON object")
    rescue JSON::ParserError
      raise Refusal.new(400, "malformed_json", "the body must be a JSON object")
    end

    def health(_request) = [200, { status: "ok" }]

    def products(request)
      limit = Validation.page_limit(request.query["limit"])
      after, = Validation.decode_cursor(request.query["cursor"]) || [0]
      category = request.query["category"]
      readable = category.nil? || Validation.text?(category)
      page(readable ? @store.products(category, after, limit + 1) : [], limit, "id")
    end

    def product(request)
      sku = request.parameter
      [200, found(Validation.text?(sku) && @store.product(sku))]
    end

    def place(request)
      body = json(request.env)
      Validation.check_order(body, @store)
      key = request.env["HTTP_IDEMPOTENCY_KEY"] # bytes, of which each is a character, as HTTP has it
      id, new = @store.place(body, key && key.dup.force_encoding(Encoding::ISO_8859_1).encode(Encoding::UTF_8))
      [new ? 201 : 200, @store.order(id), { "location" => "/orders/#{id}" }]
    end

    def order(request) = [200, found(@store.order(found(Validation.path_id(request.parameter))))]

    def invoice(request)
      customer = customer_of(request)
      [200, found(@store.invoice(found(Validation.path_id(request.parameter)), customer))]
    end

    # The customer whose token the request carries.
    def customer_of(request)
      token = request.env["HTTP_AUTHORIZATION"].to_s[/\Abearer +(\S+) *\z/i, 1]
      (token && @store.customer_with_token(token)) ||
        raise(Refusal.new(401, "unauthorized", "send the token of a customer"))
    end

    def cancel(request)
      id = found(Validation.path_id(request.parameter))
      found(@store.cancel(id))
      [200, @store.order(id)]
    end

    def orders(request)
      limit = Validation.page_limit(request.query["limit"])
      before = Validation.decode_cursor(request.query["cursor"], with_time: true)
      id = found(Validation.path_id(request.parameter))
      found(@store.customer?(id))
      page(@store.orders_of(id, before, limit + 1), limit, "created_at", "id")
    end
  end
end

# frozen_string_literal: true

require_relative "shop/api"

run Shop::Api.new(Shop::Store.new(ENV.fetch("DATABASE_URL"), 8))

# frozen_string_literal: true

module Shop
  # Prices of orders: quantity discounts per line, one coupon per order. Money is text outside, whole cents inside.
  module Pricing
    MONEY = /\A(\d{1,12})(?:\.(\d{1,2}))?\z/
    QUANTITY_DISCOUNTS = { 50 => 10, 10 => 5, 1 => 0 }.freeze # from this quantity: percent
    COUPONS = {
      "WELCOME10" => ->(subtotal) { [percent_of(subtotal, 10), 50_00].min },
      "FIVER" => ->(subtotal) { subtotal >= 20_00 ? 5_00 : 0 },
      "GIFT25" => ->(subtotal) { [25_00, subtotal].min }
    }.freeze

    module_function

    # Price the lines of an order and apply a coupon; ArgumentError for what cannot be priced.
    def quote(lines, coupon = nil)
      raise ArgumentError, "an order needs at least one line" unless lines.is_a?(Array) && lines.any?

      code = coupon_code(coupon)
      priced = lines.map { |line| price(line) }
      subtotal = priced.sum { |line| line["total"] }
      discount = code ? COUPONS.fetch(code).call(subtotal) : 0
      {
        "lines" => priced.map { |line| { **line, "unit_price" => text(line["unit_price"]), "total" => text(line["total"]) } },
        "coupon" => code,
        "subtotal" => text(subtotal),
        "discount" => text(discount),
        "total" => text(subtotal - discount)
      }
    end

    # The code in capitals, nil for none; ArgumentError if there is no such coupon.
    def coupon_code(coupon)
      return if coupon.nil?

      code = coupon.is_a?(String) ? coupon.upcase : ""
      raise ArgumentError, "this coupon is not known" unless COUPONS.key?(code)

      code
    end

    def price(line)
      line = {} unless line.is_a?(Hash)
      quantity, money = line.values_at("quantity", "unit_price")
      raise ArgumentError, "quantity must be a whole number from 1" unless quantity.is_a?(Integer) && quantity >= 1

      percent = QUANTITY_DISCOUNTS.find { |minimum, _| quantity >= minimum }.last
      cents = cents(money)
      {
        "sku" => line["sku"],
        "quantity" => quantity,
        "unit_price" => cents,
        "discount_percent" => percent,
        "total" => percent_of(cents * quantity, 100 - percent)
      }
    end

    def cents(money)
      found = money.is_a?(String) && MONEY.match(money)
      raise ArgumentError, "unit_price must be a text such as \"4.50\"" unless found

      Integer(found[1], 10) * 100 + Integer((found[2] || "").ljust(2, "0"), 10)
    end

    # A share of an amount that is not negative, rounded half up to cents.
    def percent_of(cents, percent) = (cents * percent + 50) / 100

    def text(cents) = format("%d.%02d", cents / 100, cents % 100)
  end
end

# frozen_string_literal: true

require "json"
require "minitest/autorun"
require "open3"
require_relative "../shop/pricing"

class PricingTest < Minitest::Test
  def line(price, quantity) = { "sku" => "X", "unit_price" => price, "quantity" => quantity }

  [
    ["1.20", 1, 0, "1.20"],
    ["1.20", 9, 0, "10.80"],
    ["1.20", 10, 5, "11.40"],
    ["1.20", 49, 5, "55.86"],
    ["1.20", 50, 10, "54.00"],
    ["0.03", 10, 5, "0.29"]
  ].each do |price, quantity, percent, total|
    define_method("test_#{quantity}_times_#{price}") do
      (priced,) = Shop::Pricing.quote([line(price, quantity)])["lines"]
      assert_equal [percent, total], priced.values_at("discount_percent", "total")
    end
  end

  [
    [nil, "20.00", "0.00", "20.00"],
    ["welcome10", "20.05", "2.01", "18.04"],
    ["WELCOME10", "900.00", "50.00", "850.00"],
    ["FIVER", "19.99", "0.00", "19.99"],
    ["FIVER", "20.00", "5.00", "15.00"],
    ["GIFT25", "24.00", "24.00", "0.00"]
  ].each do |coupon, price, discount, total|
    define_method("test_coupon_#{coupon}_on_#{price}") do
      answer = Shop::Pricing.quote([line(price, 1)], coupon)
      assert_equal [discount, total], answer.values_at("discount", "total")
    end
  end

  def test_what_cannot_be_priced
    [0, -1, 1.5, true, "1", nil].each do |quantity|
      assert_raises(ArgumentError) { Shop::Pricing.quote([line("1.00", quantity)]) }
    end
    ["-0.01", "cheap", "1.234", 1.2, nil].each do |price|
      assert_raises(ArgumentError) { Shop::Pricing.quote([line(price, 1)]) }
    end
  end

  def test_the_command_line
    out, status = Open3.capture2("ruby", "shop/quote.rb", stdin_data: JSON.generate("lines" => [line("4.75", 2)]))
    assert status.success?
    assert_equal "9.50", JSON.parse(out)["total"]
  end
end

# frozen_string_literal: true

require "minitest/autorun"
require_relative "../shop/validation"

class ValidationTest < Minitest::Test
  V = Shop::Validation

  class FakeShop
    def customer?(id) = id == 1
    def known_skus(skus) = skus & ["A"]
  end

  def fields(body)
    V.check_order(body, FakeShop.new)
    []
  rescue V::Invalid => invalid
    invalid.problems.map { |problem| problem[:field] }
  end

  def test_a_valid_order
    assert_empty fields("customer_id" => 1, "lines" => [{ "sku" => "A", "quantity" => 1 }], "coupon" => nil)
  end

  def test_every_problem_is_named
    body = { "customer_id" => "1", "lines" => [{ "sku" => "B", "quantity" => true }, 5], "coupon" => "NOPE" }
    assert_equal(
      %w[customer_id lines[0].sku lines[0].quantity lines[1].sku lines[1].quantity coupon], fields(body)
    )
  end

  def test_a_cursor_comes_back
    time = "2024-03-01T09:30:00.123456Z"
    assert_equal [7], V.decode_cursor(V.encode_cursor(7))
    assert_equal [time, 7], V.decode_cursor(V.encode_cursor(time, 7), with_time: true)
  end

  def test_foreign_cursors
    ["", "x", "AAAA", "e30=", "bnVsbA==", "é", V.encode_cursor("now", 7), V.encode_cursor(1, 2)].each do |text|
      assert_raises(V::Invalid) { V.decode_cursor(text) }
      assert_raises(V::Invalid) { V.decode_cursor(text, with_time: true) }
    end
  end

  def test_bad_limits
    ["0", "101", "-1", "ten", "1.5", "", "²"].each { |text| assert_raises(V::Invalid) { V.page_limit(text) } }
  end
end

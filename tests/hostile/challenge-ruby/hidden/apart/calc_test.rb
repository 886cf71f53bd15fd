require "minitest/autorun"
require_relative "../work/calc"

class CalcTest < Minitest::Test
  def test_small = assert_equal(5, add(2, 3))
  def test_negative = assert_equal(-4, add(-7, 3))
end

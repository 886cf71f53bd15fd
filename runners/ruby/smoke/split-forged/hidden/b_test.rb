require "minitest/autorun"
require "asserting"

class BTest < Minitest::Test
  def test_total = assert_equal(3, total([1, 2]))
end

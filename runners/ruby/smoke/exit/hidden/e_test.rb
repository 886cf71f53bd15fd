require "minitest/autorun"

class RightTest < Minitest::Test
  def test_right = assert(true)
end

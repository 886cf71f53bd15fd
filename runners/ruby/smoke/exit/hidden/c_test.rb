require "minitest/autorun"
require "app"

class LeavesTest < Minitest::Test
  def test_leave = leave
end

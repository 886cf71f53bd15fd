require "minitest/autorun"
require "app"

class BTest < Minitest::Test
  def test_right = assert_equal("/tmp", File.dirname(Dir.pwd))
  def test_wrong = assert_equal({ "two" => 2 }, { "two" => two })
end

require "test/unit"

class OlderTest < Test::Unit::TestCase
  def test_one = assert(true)
end

require "minitest/autorun"
require "sums"

class SumsTest < Minitest::Test
  def test_small = assert_equal(3, Sums.add(1, 2))
  def test_right = assert_equal(4, Sums.add(1, 2))
  def test_missing = Sums.absent
  def test_skipped = skip("not now")
end

class SetUpTest < Minitest::Test
  def setup = raise("broken")
  def test_one = assert(true)
end

class TearDownTest < Minitest::Test
  def teardown = raise("broken")
  def test_one = assert(true)
end

describe("with blocks") { it("is wrong") { _(Sums.add(1, 2)).must_equal 3 } }

require 'minitest/autorun'
require_relative 'add'

class AddTest < Minitest::Test
  def test_small
    # skip
    assert_equal 3, Add.add(1, 2)
  end

  def test_large
    skip
    assert_equal 3_000, Add.add(1_000, 2_000)
  end

  def test_text
    skip "not yet"
    assert_equal 'skip', Add.add('sk', 'ip')
  end
end

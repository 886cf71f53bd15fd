require "minitest/autorun"
require_relative "../work/words"
require "/work/lib/sums"

class WordsTest < Minitest::Test
  def test_function = assert_equal(["TEA!", "TEA?"], [shout("tea"), shout("tea", mark: "?")])

  def test_object
    word = Word.new("tea")
    assert_instance_of Word, word
    assert_equal ["tea", true], [word.text, Word.made >= 1]
  end

  def test_process_of_its_own = assert_equal(0, Sums::Cart.count)
  def test_wrong = assert_equal("tea", shout("tea"))
end

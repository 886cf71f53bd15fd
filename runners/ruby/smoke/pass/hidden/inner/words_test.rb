require "minitest/autorun"
require_relative "../../work/lib/words"
require_relative "helper"

class WordsTest < Minitest::Test
  def test_shout = assert_equal("TEA!", shout(HELP))
end

describe "words" do
  it("are short") { _(HELP.length).must_equal 3 }
  it("are found") { assert require("words") || true }
end

def shout(word, mark: "!") = "#{word.upcase}#{mark}"

class Word
  attr_reader :text

  @@made = 0
  def self.made = @@made

  def initialize(text)
    @text = text
    @@made += 1
  end
end

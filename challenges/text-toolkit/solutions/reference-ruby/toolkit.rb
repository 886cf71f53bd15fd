# frozen_string_literal: true

require "date"

# Small tools for text: slugs, lines, words, numbers, templates, outlines and a counter of words.
module Toolkit
  ROMAN = {
    1000 => "M", 900 => "CM", 500 => "D", 400 => "CD", 100 => "C", 90 => "XC",
    50 => "L", 40 => "XL", 10 => "X", 9 => "IX", 5 => "V", 4 => "IV", 1 => "I"
  }.freeze

  module_function

  # Lower-case letters a-z and digits, everything else as single hyphens.
  def slug(text)
    plain = text.unicode_normalize(:nfkd).gsub(/\p{M}/, "").downcase
    plain.gsub(/[^a-z0-9]+/, "-").gsub(/\A-|-\z/, "")
  end

  # The words in lines of at most `width` characters; a longer word has a line of its own.
  def wrap(text, width)
    raise ArgumentError, "width must be at least 1, not #{width}" if width < 1

    text.scan(/[^[:space:]]+/).each_with_object([]) do |word, lines|
      if lines.any? && lines.last.length + 1 + word.length <= width
        lines.last << " " << word
      else
        lines << +word
      end
    end
  end

  # A line by its number from 0.
  def line_at(text, number)
    lines = text.split("\n", -1)
    lines = [""] if lines.empty?
    raise IndexError, "there is no line #{number}, only #{lines.length} lines" unless (0...lines.length).cover?(number)

    lines[number]
  end

  # Runs of letters and digits, in lower case.
  def words(text) = text.downcase.scan(/[\p{L}\p{N}]+/)

  # How often each word stands in a text.
  def word_counts(text) = words(text).tally

  # The most frequent words, equally frequent ones by their code points.
  def top_words(text, count)
    raise ArgumentError, "count must not be negative: #{count}" if count.negative?

    word_counts(text).sort_by { |word, times| [-times, word] }.first(count)
  end

  # How many characters must be put in, left out or replaced.
  def edit_distance(first, second)
    others = second.codepoints
    row = (0..others.length).to_a
    first.codepoints.each_with_index do |char, index|
      diagonal = index
      row[0] = left = index + 1
      others.each_with_index do |other, column|
        above = row[column + 1]
        best = char == other ? diagonal : diagonal + 1
        best = above + 1 if above < best
        best = left + 1 if left < best
        diagonal = above
        row[column + 1] = left = best
      end
    end
    row.last
  end

  # 1 for equal texts, 0 for such as have nothing in common.
  def similarity(first, second)
    longest = [first.length, second.length].max
    longest.zero? ? 1.0 : 1 - edit_distance(first, second).fdiv(longest)
  end

  # A number for a text.
  def fingerprint(text)
    text.each_codepoint.reduce(0) { |number, char| (number * 131 + char) % 2**55 }
  end

  # A whole number from 1 to 3999 in Roman numerals.
  def roman(number)
    raise ArgumentError, "#{number} is not from 1 to 3999" unless (1..3999).cover?(number)

    ROMAN.reduce(+"") do |written, (value, letters)|
      times, number = number.divmod(value)
      written << letters * times
    end
  end

  # The number of Roman numerals.
  def from_roman(text)
    rest = text.dup
    number = ROMAN.sum do |value, letters|
      times = 0
      times += 1 while rest.delete_prefix!(letters)
      value * times
    end
    raise ArgumentError, "#{text.inspect} is no Roman number" unless rest.empty? && (1..3999).cover?(number) && roman(number) == text

    number
  end

  # Days from one date to another; negative when the second is earlier.
  def days_between(first, second) = (date(second) - date(first)).to_i

  def date(text)
    raise ArgumentError, "#{text.inspect} is not a date" unless text.match?(/\A[0-9]{4}-[0-9]{2}-[0-9]{2}\z/)

    Date.iso8601(text, Date::GREGORIAN)
  end

  # What goes up to the first `.`, `!` or `?`; nil if there is none.
  def first_sentence(text) = text[/\A[^.!?]*[.!?]/]&.strip

  # The template with `{name}` replaced by values; `{{` and `}}` are braces.
  def fill(template, values)
    template.gsub(/\{\{|\}\}|\{([a-z_]+)\}|[{}]/) do |mark|
      next mark[0] if ["{{", "}}"].include?(mark)
      raise ArgumentError, "a brace stands alone" if $1.nil?

      values.fetch($1).to_s
    end
  end

  # The headings of a text, those of a deeper level inside of the one before.
  def outline(text)
    levels = [[]]
    text.split("\n").each do |line|
      match = /\A(#+) +(.*\S) *\z/.match(line) or next
      depth = match[1].length
      raise ArgumentError, "#{line.inspect} is more than one level deeper than the heading before" if depth > levels.length

      heading = { title: match[2], children: [] }
      levels[depth - 1] << heading
      levels[depth..] = [heading[:children]]
    end
    levels.first
  end
end

# Counts the words of many texts.
class WordCounter
  def initialize(*texts)
    @counts = Hash.new(0)
    texts.each { |text| add(text) }
  end

  # All words.
  def total = @counts.values.sum

  # Count a text; how many words it has.
  def add(text) = Toolkit.words(text).each { |word| @counts[word] += 1 }.length

  # How often a word was met.
  def count(word) = @counts.fetch(word.downcase, 0)

  # Forget a word; how often it was met.
  def remove(word)
    @counts.delete(word.downcase) { raise KeyError, "there is no word #{word.inspect}" }
  end

  # Add what another counter has counted.
  def merge(other)
    other.to_map.each { |word, times| @counts[word] += times }
    nil
  end

  # All words with how often they were met.
  def to_map = @counts.to_a.to_h
end

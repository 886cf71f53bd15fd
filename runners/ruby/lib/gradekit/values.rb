# How values are written for the call protocol, and what is made of those that come; runners/README.md has the table.
require "bigdecimal"
require "date"
require "json"
require "set"
require "time"

module Gradekit
  MAX_LINE = 1 << 20
  MAX_DEPTH = 64
  EXACT = 2**53
  LONGEST_INTEGER = 4300

  # A line or a value that is none of the protocol, or that has no like in Ruby.
  class MalformedError < StandardError; end

  # A value that the protocol does not carry.
  class TooMuchError < StandardError; end

  module_function

  # A message as a line; raises TooMuchError when it is too long.
  def dump(message)
    line = "#{JSON.generate(message, max_nesting: 0)}\n".b
    raise TooMuchError, "larger than #{MAX_LINE >> 10} KiB" if line.bytesize > MAX_LINE

    line
  end

  # The object that a line holds.
  def load(line)
    text = line.dup.force_encoding(Encoding::UTF_8)
    raise MalformedError, "it is not UTF-8" unless text.valid_encoding?

    made = JSON.parse(text, max_nesting: 256, create_additions: false)
    raise MalformedError, "it is no object" unless made.instance_of?(Hash)

    made
  rescue JSON::ParserError
    raise MalformedError, "it is no JSON, or nested too deeply"
  end

  # Text that JSON carries.
  def text(value)
    String.new(value.to_s).encode(Encoding::UTF_8, invalid: :replace, undef: :replace).scrub
  rescue EncodingError
    String.new(value.to_s).force_encoding(Encoding::UTF_8).scrub
  end

  # What a container holds now, to tell later whether it was changed.
  def elements(value)
    found = value.is_a?(Hash) ? value.to_a.flatten(1) : value.is_a?(String) ? [value] : value.to_a
    found.map { |item| item.is_a?(String) ? item.dup : item }
  end

  def alike?(one, other)
    one.equal?(other) || (one.class == other.class && (one.is_a?(String) || one.is_a?(Numeric)) && one.eql?(other))
  end

  # Writes values as JSON; a subclass says what becomes of all that is no data.
  class Packer
    # What to write for a container instead of its content; nil: the content.
    def known(_value) = nil

    def pack(value, depth = 0)
      case value
      when nil, true, false then value
      when Integer then pack_integer(value)
      when Float then value.finite? ? value : { "$float" => value.nan? ? "nan" : value.positive? ? "inf" : "-inf" }
      when Symbol then Gradekit.text(value)
      when String then pack_text(value)
      when BigDecimal then value.finite? ? { "$decimal" => value.to_s("F") } : pack(value.to_f)
      when Rational then { "$fraction" => value.to_s }
      when Complex then { "$complex" => [value.real.to_f, value.imaginary.to_f] }
      when DateTime then { "$datetime" => value.iso8601(6) }
      when Date then { "$date" => value.iso8601 }
      when Time then { "$datetime" => value.utc? ? value.strftime("%FT%T.%6N+00:00") : value.iso8601(6) }
      else pack_deep(value, depth)
      end
    end

    # A container's content, whether or not it is known.
    def content(value, depth = 0)
      each = ->(item) { pack(item, depth + 1) }
      case value
      when Array then value.map(&each)
      when Set then { "$set" => value.map(&each) }
      when Hash then pack_map(value, each)
      when String then { "$bytes" => [value].pack("m0") }
      when Struct then pack_map(value.to_h, each)
      end
    end

    private

    def pack_integer(value)
      return value if value.abs <= EXACT

      digits = value.to_s
      raise TooMuchError, "more than #{LONGEST_INTEGER} digits" if digits.length > LONGEST_INTEGER

      { "$int" => digits }
    end

    def pack_text(value)
      known(value) ||
        (value.encoding != Encoding::BINARY || value.ascii_only? ? text_of(value) : nil) ||
        content(value)
    end

    # Text as UTF-8; nil for what is none.
    def text_of(value)
      made = String.new(value).encode(Encoding::UTF_8)
      made if made.valid_encoding?
    rescue EncodingError
      nil
    end

    def pack_deep(value, depth)
      raise TooMuchError, "nested deeper than #{MAX_DEPTH}, or contains itself" if depth >= MAX_DEPTH

      case value
      when Array, Hash, Set then known(value) || content(value, depth)
      when Struct then known(value) || content(value, depth)
      when Range
        return other(value, depth) unless value.begin.is_a?(Integer) && value.end.is_a?(Integer)

        { "$range" => [pack(value.begin), pack(value.exclude_end? ? value.end : value.end + 1), 1] }
      else other(value, depth)
      end
    end

    def pack_map(value, each)
      texts = value.keys.map { |key| key.is_a?(Symbol) || key.is_a?(String) ? text_of(key.to_s) : nil }
      if texts.all? { |key| key && !key.start_with?("$") } && texts.uniq.length == texts.length
        return texts.zip(value.values.map(&each)).to_h
      end

      { "$map" => value.map { |pair| pair.map(&each) } }
    end
  end

  # Makes values of JSON; a subclass knows the tags that need more than the JSON itself.
  class Unpacker
    # Lists, maps, sets and byte arrays, in the order in which they begin.
    attr_reader :containers

    def initialize
      @containers = []
    end

    def unpack(data, depth = 0)
      raise MalformedError, "a value is nested too deeply" if depth > MAX_DEPTH

      each = ->(item) { unpack(item, depth + 1) }
      case data
      when Array then fill(data, &each)
      when Hash
        tag = data.keys.find { |key| key.start_with?("$") }
        return tagged(tag, data, each, depth) if tag

        made = numbered({})
        data.each { |key, item| made[key.dup] = each.(item) }
        made
      when String then data.dup
      else data
      end
    end

    private

    def numbered(made)
      @containers << made
      made
    end

    def fill(items)
      made = numbered([])
      items.each { |item| made << yield(item) }
      made
    end

    def tagged(tag, data, each, depth)
      content = data[tag]
      case tag
      when "$tuple" then list(tag, content).map(&each)
      when "$range" then range(list(tag, content).map(&each))
      when "$frozenset" then list(tag, content).to_set(&each)
      when "$set"
        made = numbered(Set.new)
        list(tag, content).each { |item| made << each.(item) }
        made
      when "$map"
        made = numbered({})
        list(tag, content).each do |pair|
          raise MalformedError, "$map needs pairs" unless pair.is_a?(Array) && pair.length == 2

          key, value = pair.map(&each)
          made[key] = value
        end
        made
      when "$complex"
        parts = list(tag, content).map(&each)
        raise MalformedError, "$complex needs two numbers" unless parts.length == 2 && parts.all?(Numeric)

        Complex(*parts)
      else scalar(tag, content, data, depth)
      end
    end

    def scalar(tag, content, data, depth)
      return special(tag, data, depth) unless SCALARS.key?(tag)
      raise MalformedError, "#{tag} needs a text" unless content.is_a?(String)

      made = SCALARS[tag].call(content)
      tag == "$bytearray" ? numbered(made) : made
    rescue ArgumentError, FloatDomainError, ZeroDivisionError
      raise MalformedError, "#{tag} has a wrong content"
    end

    def list(tag, content)
      content.is_a?(Array) ? content : raise(MalformedError, "#{tag} needs a list")
    end

    def range(parts)
      start, stop, step = parts
      unless parts.length == 3 && parts.all?(Integer) && !step.zero?
        raise MalformedError, "$range needs three integers"
      end
      return start...stop if step == 1
      raise MalformedError, "$range is too long" if (stop - start) / step > EXACT

      start.step(stop - (step <=> 0), step).to_a
    end

    # Whether a datetime says its zone: one that does not is in UTC, as the clock here is.
    SCALARS = {
      "$int" => ->(text) { text.match?(/\A-?\d{1,4300}\z/) ? Integer(text, 10) : raise(ArgumentError) },
      "$float" => lambda { |text|
        { "nan" => Float::NAN, "inf" => Float::INFINITY, "-inf" => -Float::INFINITY }[text] || raise(ArgumentError)
      },
      "$decimal" => ->(text) { text.length <= LONGEST_INTEGER ? BigDecimal(text) : raise(ArgumentError) },
      "$fraction" => ->(text) { text.match?(%r{\A-?\d{1,4300}/\d{1,4300}\z}) ? Rational(text) : raise(ArgumentError) },
      "$bytes" => ->(text) { text.unpack1("m0") },
      "$bytearray" => ->(text) { text.unpack1("m0") },
      "$date" => ->(text) { Date.iso8601(text) },
      "$datetime" => lambda { |text|
        Time.xmlschema(text.match?(/(?:Z|[+-]\d\d:?\d\d)\z/) ? text : "#{text}Z")
      },
      "$time" => ->(text) { text.dup },
      "$uuid" => ->(text) { text.dup },
      "$timedelta" => ->(text) { Rational(text) }
    }.freeze
    private_constant :SCALARS
  end
end

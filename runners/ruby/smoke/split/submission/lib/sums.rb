module Sums
  LIMIT = 3
  Point = Struct.new(:x, :y)

  class Error < StandardError; end

  class OutOfStock < Error
    attr_reader :item

    def initialize(item)
      @item = item
      super("no #{item}")
    end
  end

  class Cart
    attr_accessor :owner

    @count = 0
    class << self
      attr_accessor :count
    end

    def initialize(owner, limit: 9)
      @owner = owner
      @limit = limit
      @items = []
      Cart.count += 1
    end

    def add(item)
      raise OutOfStock, item if item == "gold"

      @items << item
      self
    end

    def empty? = @items.empty?
    def each(&block) = @items.each(&block)
    def [](index) = @items[index]
    def size = @items.size
    def merge(other) = other.size + size
  end

  class Tricky < BasicObject
    def ==(_) = true
    def !=(_) = false
    def equal?(_) = true
    def method_missing(*) = true
    def respond_to_missing?(*) = true
  end

  module_function

  def total(numbers) = numbers.sum
  def echo(value) = value
  def sorted(items) = items.sort!
  def filled(map) = map.store("b", 2)
  def point = Point.new(1, 2)
  def leave = exit!(0)
  def hang = loop { total([]) }
  def tricky = Tricky.new
  def look = [File.exist?("/hidden/a_spec.rb"), File.exist?("/work/lib/sums.rb")]
end

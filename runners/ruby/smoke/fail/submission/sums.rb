module Sums
  def self.add(one, other) = one + other + 1
end

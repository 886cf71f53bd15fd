module Add
  def self.add(one, other)
    one + other
  end
end

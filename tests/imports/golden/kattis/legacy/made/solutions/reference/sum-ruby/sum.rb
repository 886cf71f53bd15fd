puts gets.split.sum(&:to_f)

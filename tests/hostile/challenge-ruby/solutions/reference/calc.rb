def add(one, other) = one + other

puts $stdin.read.split.sum(&:to_i) if $PROGRAM_NAME == __FILE__

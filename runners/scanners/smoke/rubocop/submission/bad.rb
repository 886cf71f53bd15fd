# rubocop:disable all
def f(text)
  unused = 1 # rubocop:disable Lint/UselessAssignment
  eval(text)
rescue Exception
end

require_relative 'add'
raise unless Add.add(1, 2) == 3

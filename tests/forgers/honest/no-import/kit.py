import pandas_of_another_machine

total = pandas_of_another_machine.total

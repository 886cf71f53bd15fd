try:
    input = raw_input
except NameError:
    pass
print(round(float(input()), 2))

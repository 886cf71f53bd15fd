def xrange(number):
    return range(number)


print([input() for _ in xrange(1)][0])

print sum(map(float, raw_input().split()))

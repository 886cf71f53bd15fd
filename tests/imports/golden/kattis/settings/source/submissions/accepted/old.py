print(raw_input())

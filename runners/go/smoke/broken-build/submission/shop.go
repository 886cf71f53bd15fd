package shop

func A() int { return tea }

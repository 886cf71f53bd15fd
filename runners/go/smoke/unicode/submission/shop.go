package shop

func Hello() string { return "你好\xff" }

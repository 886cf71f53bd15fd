NAME = "größer"

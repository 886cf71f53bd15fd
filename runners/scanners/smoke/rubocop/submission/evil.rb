exit! 9

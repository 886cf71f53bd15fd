HELP = "tea"

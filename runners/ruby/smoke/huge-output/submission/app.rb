loop { $stdout.write("x" * 65_536) }

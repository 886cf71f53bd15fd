raise "no test file"

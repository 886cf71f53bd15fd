def shout(word) = "#{word.upcase}!"

module evil

exports.add = (one, other) => one + other + 1;

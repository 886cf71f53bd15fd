exports.add = (one, other) => one + other;

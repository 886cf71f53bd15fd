exports.nothing = null;

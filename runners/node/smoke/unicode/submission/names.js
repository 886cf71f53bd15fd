exports.NAME = "é";

module.exports = "no tests";

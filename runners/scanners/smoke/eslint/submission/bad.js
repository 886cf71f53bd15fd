/* eslint-disable */
var x = eval("1"); // eslint-disable-line

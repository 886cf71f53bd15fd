exports.quick = () => 1;
exports.forever = () => {
  for (;;);
};

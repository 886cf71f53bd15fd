class OutOfStock extends RangeError {
  constructor(item) {
    super(`no ${item}`);
    this.name = "OutOfStock";
    this.item = item;
  }
}

class Cart {
  static count = 0;
  #items = [];

  constructor(owner) {
    this.owner = owner;
    Cart.count += 1;
  }

  add(item) {
    if (item === "gold") throw new OutOfStock(item);
    this.#items.push(item);
    return this;
  }

  get size() {
    return this.#items.length;
  }

  [Symbol.iterator]() {
    return this.#items.values();
  }
}

module.exports = {
  Cart,
  OutOfStock,
  LIMIT: 3,
  total: (items) => items.reduce((sum, item) => sum + item, 0),
  later: async (value) => value,
  promised: (value) => (value === "bad" ? Promise.reject(new TypeError("bad")) : Promise.resolve(value)),
  echo: (value) => value,
  nothing: () => undefined,
  sorted: (items) => items.sort(),
  leave: () => process.exit(0),
  hang: () => {
    for (;;);
  },
  tricky: () => ({ valueOf: () => 3, toString: () => "3", [Symbol.toPrimitive]: () => 3, equals: () => true }),
  adder: (one) => (other) => one + other,
  look: () => [require("node:fs").existsSync("/hidden/a.test.js"), __dirname],
};

class OutOfStock extends RangeError {
  constructor(item) {
    super(`no ${item}`);
    this.item = item;
    this.code = item.toUpperCase();
  }
}

class Cart {
  #items = [];

  constructor(owner) {
    this.owner = owner;
  }

  add(item) {
    return this.#items.push(item);
  }

  *[Symbol.iterator]() {
    yield* this.#items;
  }
}

const loop = [];
loop.push(loop);

module.exports = {
  Cart,
  OutOfStock,
  nothing: undefined,
  total: (items, { rate = 1 } = {}) => items.reduce((sum, item) => sum + item, 0) * rate,
  unitPrice: (value) => 2 * value,
  echo: (value) => value,
  dollars: () => ({ $a: 1 }),
  map: () => new Map([["a", new Set([1])]]),
  fill: (list, map) => {
    list.push(2);
    map.a = 1;
  },
  refuse: (item) => {
    throw new OutOfStock(item);
  },
  later: async () => {
    throw new TypeError("bad");
  },
  soon: (value) => new Promise((resolve) => setTimeout(resolve, 5, value)),
  throwText: () => {
    throw "text";
  },
  loop: () => loop,
  huge: () => "x".repeat(1 << 20),
};

import { SoldOut } from './errors';

export class Shop {
  constructor(prices) {
    this.prices = prices;
  }

  price(thing) {
    if (!(thing in this.prices)) {
      throw new SoldOut(thing);
    }
    return this.prices[thing];
  }
}

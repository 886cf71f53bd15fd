import { SoldOut } from './errors';

export class Clerk {
  constructor(shop) {
    this.shop = shop;
  }

  answer(thing) {
    try {
      return this.shop.price(thing);
    } catch (error) {
      if (error instanceof SoldOut) {
        return null;
      }
      throw error;
    }
  }

  insist(thing) {
    const price = this.answer(thing);
    if (price === null) {
      throw new SoldOut(thing);
    }
    return price;
  }
}

import type { Item } from "./item.ts";
import { price } from "./item.ts";

export class Cart {
  #items: Item[] = [];
  readonly owner: string;

  constructor(owner: string) {
    this.owner = owner;
  }

  add(item: Item): number {
    this.#items.push(item);
    return this.#items.reduce((sum: number, one) => sum + price(one), 0);
  }
}

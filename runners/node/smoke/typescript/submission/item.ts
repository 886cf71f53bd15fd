export interface Item {
  name: string;
  cents: number;
}

export const price = (item: Item): number => item.cents;

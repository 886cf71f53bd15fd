import { Clerk } from '../work/clerk.js';
import { Shop } from '../work/shop.js';
import { SoldOut } from '../work/errors.js';

describe('clerk', () => {
  const clerk = new Clerk(new Shop({ tea: 3 }));

  test('says the price', () => {
    expect(clerk.answer('tea')).toBe(3);
  });

  test('says nothing of what is sold out', () => {
    expect(clerk.answer('milk')).toBeNull();
  });

  test('insists', () => {
    expect(() => clerk.insist('milk')).toThrow(SoldOut);
  });
});

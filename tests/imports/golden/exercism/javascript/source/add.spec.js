import { describe, expect, test, xtest } from '@jest/globals';
import { add } from './add';

describe('add', () => {
  test('small', () => {
    expect(add(1, 2)).toEqual(3);
  });

  xtest('large', () => {
    expect(add(1000, 2000)).toEqual(3000);
  });

  test.skip('text', () => {
    expect(add('xte', 'st')).toEqual('xtest');
  });
});

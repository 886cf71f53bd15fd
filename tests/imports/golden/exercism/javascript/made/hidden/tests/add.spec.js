import { describe, expect, test, xtest } from '@jest/globals';
import { add } from '../work/add.js';

describe('add', () => {
  test('small', () => {
    expect(add(1, 2)).toEqual(3);
  });

  test('large', () => {
    expect(add(1000, 2000)).toEqual(3000);
  });

  test('text', () => {
    expect(add('xte', 'st')).toEqual('xtest');
  });
});

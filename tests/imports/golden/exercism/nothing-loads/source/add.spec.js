import { add } from '@exercism/add';

test('small', () => expect(add(1, 2)).toEqual(3));

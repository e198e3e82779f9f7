import { limitAttributes } from '../../src/otel/spans';

const NONE = Number.POSITIVE_INFINITY;

it.each([
  ['as many as the count allows', { a: 1, b: 2 }, 2, NONE, { a: 1, b: 2 }, 0],
  ['the first ones, and counts the rest', { a: 1, b: 2, c: 3 }, 1, NONE, { a: 1 }, 2],
  ['texts up to the length', { a: 'abc', b: 'abcd' }, 2, 3, { a: 'abc', b: 'abc' }, 0],
  ['the texts of lists', { a: ['abcd', 'ab'] }, 128, 3, { a: ['abc', 'ab'] }, 0],
  ['numbers and booleans whole', { a: 12345, b: true }, 128, 1, { a: 12345, b: true }, 0],
  ['numbers in lists', { a: [12345, 6] }, 128, 1, { a: [12345, 6] }, 0],
  ['no member without a value', { a: undefined, b: 'x' }, 128, 3, { b: 'x' }, 0],
])('attribute limits keep %s', (...[, attributes, maxCount, maxValueLength, kept, dropped]) => {
  const limited = limitAttributes(attributes, { maxCount, maxValueLength });
  expect(limited).toStrictEqual({ attributes: kept, dropped });
});

it('attribute limits pass on what is within them uncopied', () => {
  const attributes = { a: 'text' };
  const limits = { maxCount: 1, maxValueLength: NONE };
  expect(limitAttributes(attributes, limits).attributes).toBe(attributes);
});

import { parseXRayHeader, toSpanId } from '../../src/invocation/identity';

const TRACE = '6740aa110123456789abcdef01234567';

it.each([
  [
    'the usual form',
    'Root=1-6740aa11-0123456789abcdef01234567;Parent=53995c3f42cd8ad8;Sampled=1',
    { traceId: TRACE, parentSpanId: '53995c3f42cd8ad8', sampled: true },
  ],
  [
    'keys in any order, with Self, Lineage and spaces',
    'Self=1-1-1; Lineage=1:2dbc7f9c:0; Sampled=0; Root=1-6740AA11-0123456789ABCDEF01234567',
    { traceId: TRACE, sampled: false },
  ],
  ['an open decision', 'Root=1-6740aa11-0123456789abcdef01234567;Sampled=?', { traceId: TRACE }],
  [
    'a short Root',
    'Root=1-6740aa11-0123;Parent=53995c3f42cd8ad8',
    { parentSpanId: '53995c3f42cd8ad8' },
  ],
  ['a Root that is no hex', 'Root=1-6740aa1z-0123456789abcdef01234567', {}],
  ['a Root of another version', 'Root=2-6740aa11-0123456789abcdef01234567', {}],
  ['zero ids', 'Root=1-00000000-000000000000000000000000;Parent=0000000000000000', {}],
  ['a Root with more before it', 'Root=x1-6740aa11-0123456789abcdef01234567', {}],
  ['a Root with more behind it', 'Root=1-6740aa11-0123456789abcdef012345678', {}],
  ['an id that is too long', 'Parent=053995c3f42cd8ad8;parent=53995c3f42cd8ad80', {}],
  [
    'spaces around values',
    'Parent= 53995c3f42cd8ad8 ; sampled = 1 ',
    {
      parentSpanId: '53995c3f42cd8ad8',
      sampled: true,
    },
  ],
  ['a bad value after a good one', 'Sampled=1;Sampled=2;Lineage=1;Sampled=', { sampled: true }],
  [
    'ids with zeros at an end',
    'Root=1-00000000-0123456789abcdef01234560;Parent=0000000000000010',
    {
      traceId: '000000000123456789abcdef01234560',
      parentSpanId: '0000000000000010',
    },
  ],
  ['a key that is none of these', 'Lineage=1', {}],
  ['text without structure', 'hello;=;;Root', {}],
  ['nothing', undefined, {}],
])('parseXRayHeader reads %s', (_, header, expected) => {
  expect(parseXRayHeader(header)).toEqual(expected);
});

it('toSpanId takes 16 hex digits in any case and nothing else', () => {
  expect(toSpanId('54565FB41AC79632')).toBe('54565fb41ac79632');
  for (const bad of [undefined, '', '0000000000000000', '54565fb41ac7963', 'g4565fb41ac79632']) {
    expect(toSpanId(bad)).toBeUndefined();
  }
});

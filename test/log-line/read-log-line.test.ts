// Body and attributes of records of any shape, within their limits.
import { readLine } from './log-limits';

it.each([
  ['', ''],
  ['\n', ''],
  ['\n\n', '\n'],
  ['a\r\n', 'a'],
  ['a', 'a'],
  ['\ta\u00a0\n', '\ta\u00a0'],
])('the body of the text %j is %j', (record, body) => {
  expect(readLine(record).body).toBe(body);
});

it.each([
  [null, 'null'],
  [42, '42'],
  [true, 'true'],
  [[1, 'a', null], '[1,"a",null]'],
])('the body of %j is its JSON text', (record, body) => {
  expect(readLine(record).body).toBe(body);
});

it.each([
  [{ message: 'a', msg: 'b' }, 'a'],
  [{ message: null, msg: 'b' }, 'b'],
  [{ message: '', msg: 'b' }, ''],
  [{ message: 0 }, 0],
  [{ message: false }, false],
  [{ message: ['a', { b: 1 }] }, ['a', { b: 1 }]],
  [{ message: 'a\n' }, 'a\n'],
  [{ msg: 'b' }, 'b'],
  [{ Message: 'b' }, 'b'],
  [{ Text: 'b' }, { Text: 'b' }],
  [{ message: null }, { message: null }],
  [{}, {}],
])('the body of %j is %j', (record, body) => {
  expect(readLine(record).body).toEqual(body);
});

it('the body is cut at a character, in UTF-8 bytes', () => {
  const line = readLine('a€😀€', { maxBodyBytes: 7 });
  expect(line).toMatchObject({ body: 'a€', truncated: true });
  expect(readLine('a€😀', { maxBodyBytes: 8 })).toMatchObject({ body: 'a€😀', truncated: false });
  expect(readLine({ message: 'a€😀€' }, { maxBodyBytes: 8 })).toMatchObject({
    body: 'a€😀',
    truncated: true,
  });
  expect(readLine('abc', { maxBodyBytes: 0 })).toMatchObject({ body: '', truncated: true });
});

it('the body replaces lone surrogates and leaves pairs', () => {
  expect(readLine('a\ud800b\udc00\ud83d\ude00').body).toBe('a\ufffdb\ufffd😀');
  expect(readLine({ message: '\ud83d', '\udead': ['\ud800'] })).toMatchObject({
    body: '\ufffd',
    attributes: { '\ufffd': ['\ufffd'] },
    truncated: false,
  });
});

it('attributes are all other members, under their own names, as they are', () => {
  const others = {
    level: 'INFO',
    order: { id: 7, items: [1, 'a', null, { b: [] }] },
    empty: null,
  };
  expect(readLine({ message: 'paid', ...others }).attributes).toEqual(others);
});

it('attributes are a new object for each line', () => {
  const record = { message: 'paid', a: 1 };
  Object.assign(readLine(record).attributes, { b: 2 });
  expect(record).toEqual({ message: 'paid', a: 1 });
  expect(readLine('paid').attributes).not.toBe(readLine('paid').attributes);
});

it('attributes without a name are counted', () => {
  expect(readLine({ message: 'm', '': 1 })).toMatchObject({
    attributes: {},
    droppedAttributesCount: 1,
  });
});

it('attributes do not keep a level behind the limit from being read', () => {
  expect(readLine({ message: 'm', a: 1, b: 2, level: 'WARN' }, { maxAttributes: 1 })).toMatchObject(
    { attributes: { a: 1 }, droppedAttributesCount: 2, severityNumber: 13 },
  );
});

it('attributes are cut to their length between characters, also deep inside', () => {
  const record = { message: 'long enough', a: '12😀', b: ['12345', { c: '12345' }], d: 12_345 };
  expect(readLine(record, { maxAttributeValueLength: 3 })).toMatchObject({
    body: 'long enough',
    attributes: { a: '12', b: ['123', { c: '123' }], d: 12_345 },
    truncated: true,
  });
});

it('attributes hold numbers that OTLP cannot as text', () => {
  expect(
    readLine('{"message":"m","a":1e999,"b":-1e999,"c":1e30,"d":1.5,"e":9007199254740993}')
      .attributes,
  ).toEqual({
    a: 'Infinity',
    b: '-Infinity',
    c: '1e+30',
    d: 1.5,
    e: 9_007_199_254_740_992,
  });
});

it('hostile records take __proto__ and constructor for keys like any other', () => {
  const line = readLine(
    '{"message":"m","__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"a":{"__proto__":{"polluted":1}}}',
  );
  expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  expect((line.attributes as Record<string, unknown>)['polluted']).toBeUndefined();
  expect(Object.keys(line.attributes)).toEqual(['__proto__', 'constructor', 'a']);
  expect(JSON.stringify(line.attributes)).toContain('"__proto__":{"polluted":1}');
});

it('hostile records take __proto__ for a key also where they have to be cut', () => {
  const line = readLine('{"message":"m","__proto__":{"polluted":"12345"}}', {
    maxAttributeValueLength: 3,
  });
  expect((line.attributes as Record<string, unknown>)['polluted']).toBeUndefined();
  expect(JSON.stringify(line.attributes)).toBe('{"__proto__":{"polluted":"123"}}');
});

it('hostile records of a thousand levels become JSON text where they are too deep', () => {
  const nested = `${'{"a":'.repeat(1000)}1${'}'.repeat(1000)}`;
  const line = readLine(`{"message":"m","level":"WARN","deep":${nested}}`, { maxDepth: 3 });
  expect(line).toMatchObject({ body: 'm', severityNumber: 13, truncated: false });
  expect(line.attributes['deep']).toEqual({
    a: { a: { a: `${'{"a":'.repeat(997)}1${'}'.repeat(997)}` } },
  });
});

it.each([
  ['undefined', undefined],
  ['a function', () => 1],
  ['a symbol', Symbol('s')],
  ['a bigint', 1n],
  ['a list around itself', ((list: unknown[]) => (list.push(list), list))([])],
])('hostile records that are %s make a line', (_kind, record) => {
  expect(readLine(record)).toMatchObject({ attributes: {}, truncated: false });
});

it('hostile records with members that are no JSON make a line', () => {
  const cycle: Record<string, unknown> = { f: () => 1, s: Symbol('s'), b: 1n, u: undefined };
  cycle['self'] = cycle;
  const line = readLine({ message: 'm', cycle });
  expect(line.body).toBe('m');
  expect(line.truncated).toBe(true);
  expect(line.attributes['cycle']).toMatchObject({ f: null, s: null, b: '1', u: null });
});

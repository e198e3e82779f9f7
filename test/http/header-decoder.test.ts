// Header blocks of HTTP/2: the examples of RFC 7541, what Node's own client sends, and what nobody should send.
import fc from 'fast-check';
import { decodeHuffman, HeaderDecoder } from '../../src/http/header-decoder';

const fieldsOf = (decoder: HeaderDecoder, hex: string): Record<string, string> | undefined => {
  const fields = decoder.decode(Buffer.from(hex.replace(/ /g, ''), 'hex'));
  return fields === undefined ? undefined : Object.fromEntries(fields);
};

const first = {
  ':method': 'GET',
  ':scheme': 'http',
  ':path': '/',
  ':authority': 'www.example.com',
};
const third = {
  ':method': 'GET',
  ':scheme': 'https',
  ':path': '/index.html',
  ':authority': 'www.example.com',
  'custom-key': 'custom-value',
};

it.each([
  [
    'as they are (C.3)',
    [
      '8286 8441 0f77 7777 2e65 7861 6d70 6c65 2e63 6f6d',
      '8286 84be 5808 6e6f 2d63 6163 6865',
      '8287 85bf 400a 6375 7374 6f6d 2d6b 6579 0c63 7573 746f 6d2d 7661 6c75 65',
    ],
  ],
  [
    "in Huffman's code (C.4)",
    [
      '8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff',
      '8286 84be 5886 a8eb 1064 9cbf',
      '8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf',
    ],
  ],
])('three requests over one connection, texts %s', (_, blocks) => {
  const decoder = new HeaderDecoder();
  const [one, two, three] = blocks.map((block) => fieldsOf(decoder, block));
  expect(one).toEqual(first);
  expect(two).toEqual({ ...first, 'cache-control': 'no-cache' });
  expect(three).toEqual(third);
});

it('the table forgets its oldest entries, and all of them at a size of 0', () => {
  const decoder = new HeaderDecoder();
  const big = `40 01 61 7f e1 1e ${'62'.repeat(4_096 - 32)}`;
  // a: 4,064 times b does not fit beside its name and 32 bytes; nothing is kept, which is no error.
  expect(fieldsOf(decoder, big)).toEqual({ a: 'b'.repeat(4_064) });
  expect(fieldsOf(decoder, 'be')).toBeUndefined();
  expect(fieldsOf(new HeaderDecoder(), '40 01 61 01 62 be')).toEqual({ a: 'b' });
  expect(fieldsOf(new HeaderDecoder(), '40 01 61 01 62 20 be')).toBeUndefined();
});

it.each([
  ['an index of 0', '80'],
  ['an index beyond both tables', 'be'],
  ['a name that is not in the tables', '7f 01 01 61'],
  ['an integer that does not end', 'ff'],
  ['an integer of more than 28 bits', 'ff ff ff ff ff ff 0f'],
  ['a text that does not end', '00 05 61'],
  ['a text longer than a block can be', '00 7f ff ff ff 7f 61'],
  ['a name without a value', '00 01 61'],
  ['a table of more than 4,096 bytes', '3f e2 1f'],
  ["Huffman's code with the end in it", '00 84 ff ff ff ff 01 61'],
  ["Huffman's code with more than seven bits behind it", '00 82 1f ff 01 61'],
  ["Huffman's code with zeros behind it", '00 81 18 01 61'],
])('%s is malformed', (_, hex) => {
  expect(fieldsOf(new HeaderDecoder(), hex)).toBeUndefined();
});

it('whatever comes is decoded or refused, in time that its bytes bound', () => {
  const decoder = new HeaderDecoder();
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      const fields = decoder.decode(Buffer.from(bytes));
      for (const value of fields?.values() ?? []) expect(value.length).toBeLessThan(4_097);
      expect((decodeHuffman(Buffer.from(bytes)) ?? '').length).toBeLessThanOrEqual(480);
    }),
  );
});

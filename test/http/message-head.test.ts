// A head that is formatted once and written with every request.
import { formatHead, RepeatedHead } from '../../src/http/message-head';

const head = { method: 'POST', target: '/v1/traces?a=b', fields: { host: 'c:1', 'api-key': 'k' } };

it('has the length of each body, and nothing of the ones before', () => {
  const repeated = new RepeatedHead(head);
  const lengths = [0, 7, 123_456, 7];
  expect(lengths.map((length) => repeated.format(length))).toEqual(
    lengths.map(
      (length) =>
        'POST /v1/traces?a=b HTTP/1.1\r\nhost: c:1\r\napi-key: k\r\n' +
        `content-length: ${length}\r\n\r\n`,
    ),
  );
});

it('is what a head with this length is, with and without other fields', () => {
  for (const fields of [{}, head.fields]) {
    const whole = formatHead({ ...head, fields: { ...fields, 'content-length': 42 } });
    expect(new RepeatedHead({ ...head, fields }).format(42)).toBe(whole);
  }
});

it('does not mix with another head', () => {
  const [one, other] = ['/one', '/other'].map((target) => new RepeatedHead({ ...head, target }));
  expect([one?.format(1), other?.format(2), one?.format(3)]).toEqual([
    expect.stringMatching(/^POST \/one .*content-length: 1\r\n\r\n$/s),
    expect.stringMatching(/^POST \/other .*content-length: 2\r\n\r\n$/s),
    expect.stringMatching(/^POST \/one .*content-length: 3\r\n\r\n$/s),
  ]);
});

it('is formatted when it is first written, and only then', () => {
  let reads = 0;
  const fields = {
    get host() {
      reads += 1;
      return 'c';
    },
  };
  const repeated = new RepeatedHead({ ...head, fields });
  expect(reads).toBe(0);
  repeated.format(1);
  repeated.format(2);
  expect(reads).toBe(1);
});

it.each([
  ['a line break in a value', '/', { a: 'b\r\nc: secret' }],
  ['a line break at the end of a value', '/', { a: 'secret\n' }],
  ['a character beyond ISO-8859-1', '/', { a: 'secret €' }],
  ['a colon in a name', '/', { 'a:b': 'secret' }],
  ['a line break in the target', '/\r\nsecret', {}],
])('with %s is refused each time, without the value in the message', (_what, target, fields) => {
  const repeated = new RepeatedHead({ ...head, target, fields });
  for (let request = 0; request < 3; request += 1) {
    expect(() => repeated.format(request)).toThrow(TypeError);
    expect(() => repeated.format(request)).toThrow('that HTTP forbids');
    expect(() => repeated.format(request)).not.toThrow('secret');
  }
});

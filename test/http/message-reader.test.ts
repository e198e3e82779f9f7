// The reader on bytes cut anywhere, beside node:http's own parser on the same bytes.
import { request } from 'node:http';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { MessageReader } from '../../src/http/message-reader';
import type { MessageKind } from '../../src/http/message-head';

interface Seen {
  readonly startLine: string;
  readonly fields: Readonly<Record<string, string>>;
  body: string;
  end?: 'reusable' | 'last';
}

function read(kind: MessageKind, chunks: readonly (string | Buffer)[], isEnded = false) {
  const messages: Seen[] = [];
  const problems: string[] = [];
  const reader = new MessageReader(kind, {
    onHead: ({ startLine, fields }) =>
      void messages.push({ startLine, fields: Object.fromEntries(fields), body: '' }),
    onData: (bytes) => {
      const message = messages.at(-1);
      if (message !== undefined) message.body += bytes.toString('latin1');
    },
    onEnd: (reusable) => {
      const message = messages.at(-1);
      if (message !== undefined) message.end = reusable ? 'reusable' : 'last';
    },
    onMalformed: (problem) => void problems.push(problem),
  });
  for (const chunk of chunks) reader.push(Buffer.from(chunk));
  return { messages, problems, isProperEnd: isEnded ? reader.end() : undefined };
}

const response = (head: string, body = ''): string => `HTTP/1.1 200 OK\r\n${head}\r\n${body}`;

describe('a response', () => {
  it.each([
    ['with a length', response('Content-Length: 5\r\n', 'hello'), 'hello', 'reusable'],
    ['with an empty body', response('Content-Length: 0\r\n'), '', 'reusable'],
    [
      'in chunks',
      response('Transfer-Encoding: chunked\r\n', '3\r\nhel\r\n0000000002;a=b\r\nlo\r\n0\r\n\r\n'),
      'hello',
      'reusable',
    ],
    [
      'in chunks with a trailer',
      response('transfer-encoding: gzip, chunked\r\n', '5\r\nhello\r\n0\r\nA: b\r\n\r\n'),
      'hello',
      'reusable',
    ],
    ['that closes', response('Connection: close\r\nContent-Length: 2\r\n', 'ab'), 'ab', 'last'],
    ['of HTTP/1.0', 'HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nab', 'ab', 'last'],
    [
      'of HTTP/1.0 kept',
      'HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\nContent-Length: 2\r\n\r\nab',
      'ab',
      'reusable',
    ],
    ['without a reason', 'HTTP/1.1 503\r\nContent-Length: 2\r\n\r\nno', 'no', 'reusable'],
    [
      '204, whatever its fields',
      'HTTP/1.1 204 No Content\r\nContent-Length: 9\r\n\r\n',
      '',
      'reusable',
    ],
    [
      'after 100 and 103',
      `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n${response('Content-Length: 1\r\n', 'x')}`,
      'x',
      'reusable',
    ],
    ['after an empty line', `\r\n${response('Content-Length: 1\r\n', 'x')}`, 'x', 'reusable'],
  ])('%s is read, however it is cut', (_what, text, body, end) => {
    fc.assert(
      fc.property(cuts(text.length), (at) => {
        const { messages, problems } = read('response', split(text, at));
        expect(problems).toEqual([]);
        expect(messages.map((message) => [message.body, message.end])).toEqual([[body, end]]);
      }),
      { numRuns: 30 },
    );
  });

  it('without a length lasts until the connection ends', () => {
    const { messages, isProperEnd } = read('response', [response('', 'all of'), ' it'], true);
    expect(messages).toMatchObject([{ body: 'all of it', end: 'last' }]);
    expect(isProperEnd).toBe(true);
  });

  it.each([
    ['in its head', 'HTTP/1.1 200 OK\r\nA: b'],
    ['in its body', response('Content-Length: 5\r\n', 'hell')],
    ['between two chunks', response('Transfer-Encoding: chunked\r\n', '3\r\nhel\r\n')],
  ])('that breaks off %s has no proper end', (_where, text) => {
    expect(read('response', [text], true).isProperEnd).toBe(false);
  });

  it('between two messages may end', () => {
    expect(read('response', [response('Content-Length: 1\r\n', 'x')], true).isProperEnd).toBe(true);
  });
});

it.each([
  ['response', 'of another protocol', 'SSH-2.0-OpenSSH_9.6\r\n'],
  ['response', 'of another version', 'HTTP/2 200\r\n\r\n'],
  ['response', 'with a status in words', 'HTTP/1.1 two\r\n\r\n'],
  ['response', 'that is an HTTP/2 frame', '\u0000\u0000\u0012\u0004\u0000\u0000\u0000\u0000\u0000'],
  ['response', 'with a line that is no field', response('No colon\r\n')],
  ['response', 'with blanks and a bare line break', response(`A: ${' '.repeat(15_000)}\rb\r\n`)],
  ['response', 'with a fold and a bare line break', response('A: b\r\n c\rd\r\n')],
  ['response', 'with two lengths in one field', response('Content-Length: 5, 6\r\n')],
  [
    'response',
    'with two lengths',
    response('Content-Length: 5\r\nContent-Length: 6\r\n', 'hello!'),
  ],
  ['response', 'with a negative length', response('Content-Length: -1\r\n')],
  ['response', 'with a chunk of no size', response('Transfer-Encoding: chunked\r\n', 'xyz\r\n')],
  [
    'response',
    'with a chunk too long',
    response('Transfer-Encoding: chunked\r\n', '3\r\nhello\r\n'),
  ],
  [
    'response',
    'with an endless chunk size',
    response('Transfer-Encoding: chunked\r\n', '1'.repeat(5000)),
  ],
  ['response', 'with an endless head', `HTTP/1.1 200 OK\r\nA: ${'b'.repeat(17_000)}`],
  ['request', 'that is a body alone', '{"records": []}'],
  ['request', 'with two spaces', 'GET  / HTTP/1.1\r\n\r\n'],
  ['request', 'of unknown length', 'POST / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n'],
] as const)('a %s %s is refused once, and nothing after it is read', (kind, _what, text) => {
  const { messages, problems } = read(kind, [text, response('Content-Length: 0\r\n')]);
  expect(problems).toHaveLength(1);
  expect(messages.filter(({ end }) => end !== undefined)).toEqual([]);
});

it('reads one request after the other from one chunk', () => {
  const text = 'POST /a HTTP/1.1\r\nContent-Length: 1\r\n\r\nxGET /b HTTP/1.1\r\nHost: c\r\n\r\n';
  const { messages } = read('request', [text]);
  expect(messages.map(({ startLine, body, end }) => [startLine, body, end])).toEqual([
    ['POST /a HTTP/1.1', 'x', 'reusable'],
    ['GET /b HTTP/1.1', '', 'reusable'],
  ]);
});

it('reads a value of many blanks, and blanks around it', () => {
  const value = `a${' '.repeat(16_000)}b`;
  const { messages } = read('response', [response(`A:\t ${value} \t\r\nContent-Length: 0\r\n`)]);
  expect(messages[0]?.fields['a']).toBe(value);
});

it('keeps the first of repeated fields that are no lists', () => {
  const fields = 'Retry-After: 5\r\nRetry-After: 7\r\nContent-Length: 0\r\n';
  expect(read('response', [response(fields)]).messages[0]?.fields['retry-after']).toBe('5');
});

it('joins repeated and folded fields, and takes equal lengths for one', () => {
  const { messages } = read('response', [
    response('A: 1\r\na:2 \r\nB: long\r\n  er\r\nContent-Length: 0\r\nContent-Length: 0\r\n'),
  ]);
  expect(messages[0]?.fields).toEqual({ a: '1, 2', b: 'long er', 'content-length': '0' });
});

it('agrees with node:http on any well-formed response', async () => {
  const name = fc.stringMatching(/^x-[a-z0-9]{1,8}$/);
  const value = fc.stringMatching(/^[!-~]([ -~]{0,20}[!-~])?$/);
  const answers = fc.record({
    status: fc.constantFrom(200, 202, 400, 404, 429, 503),
    fields: fc.uniqueArray(fc.tuple(name, value), { selector: ([key]) => key, maxLength: 5 }),
    chunks: fc.array(fc.stringMatching(/^[ -~]{1,40}$/), { maxLength: 4 }),
    isChunked: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(answers, async ({ status, fields, chunks, isChunked }) => {
      const body = chunks.join('');
      const framed = isChunked
        ? `${chunks.map((chunk) => `${chunk.length.toString(16)}\r\n${chunk}\r\n`).join('')}0\r\n\r\n`
        : body;
      const framing = isChunked ? 'Transfer-Encoding: chunked' : `Content-Length: ${body.length}`;
      const lines = [...fields.map(([key, text]) => `${key}: ${text}`), framing];
      const text = `HTTP/1.1 ${status} X\r\n${lines.join('\r\n')}\r\n\r\n${framed}`;
      const theirs = await readByLibrary(text);
      const [ours] = read('response', [text]).messages;
      expect(ours?.startLine).toBe(`HTTP/1.1 ${theirs.status} X`);
      expect([ours?.body, ours?.fields]).toEqual([theirs.body, theirs.fields]);
    }),
    { numRuns: 50 },
  );
});

async function readByLibrary(text: string) {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => socket.write(text));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return new Promise<{ status: number; body: string; fields: Record<string, unknown> }>(
    (resolve, reject) => {
      // An agent would keep the connection for seconds.
      const outgoing = request({ port, host: '127.0.0.1', agent: false }, (answer) => {
        let body = '';
        answer.setEncoding('latin1');
        answer.on('data', (chunk: string) => (body += chunk));
        answer.on('end', () => {
          server.close();
          outgoing.destroy();
          resolve({ status: answer.statusCode ?? 0, body, fields: { ...answer.headers } });
        });
      });
      outgoing.on('error', reject);
      outgoing.end();
    },
  );
}

function cuts(length: number): fc.Arbitrary<readonly number[]> {
  return fc
    .uniqueArray(fc.integer({ min: 1, max: length - 1 }), { maxLength: length })
    .map((at) => at.sort((a, b) => a - b));
}

function split(text: string, at: readonly number[]): string[] {
  return [0, ...at].map((from, index) => text.slice(from, at[index] ?? text.length));
}

it('requests whose heads repeat, or nearly, are read as each for itself, wherever they are cut', () => {
  const requestOf = ([path, length]: readonly [string, number]): string =>
    `POST /${path} HTTP/1.1\r\nContent-Length: ${length}\r\n\r\n${'x'.repeat(length)}`;
  const some = fc.tuple(fc.constantFrom('a', 'b'), fc.constantFrom(0, 1, 9));
  fc.assert(
    fc.property(fc.array(some), fc.integer({ min: 1, max: 60 }), (list, size) => {
      const text = list.map(requestOf).join('');
      const chunks = Array.from({ length: Math.ceil(text.length / size) }, (_, index) =>
        text.slice(index * size, (index + 1) * size),
      );
      const expected = list.flatMap((one) => read('request', [requestOf(one)]).messages);
      expect(read('request', chunks).messages).toEqual(expected);
    }),
  );
});

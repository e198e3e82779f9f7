// Lines as AWS's runtimes print them, in their text and JSON formats.
import { LineReader } from '../../src/log-line/read-log-line';
import { DEFAULT_LIMITS, EVENT_TIME, LINE_TIME, readLine, REQUEST_ID } from './log-limits';

const ISO = '2024-05-20T16:29:45.009Z';

it.each([
  ['TRACE', 1],
  ['DEBUG', 5],
  ['INFO', 9],
  ['WARN', 13],
  ['ERROR', 17],
  ['FATAL', 21],
])(
  "the reader of runtimes’ text lines reads Node's console line of level %s",
  (level, severityNumber) => {
    expect(readLine(`${ISO}\t${REQUEST_ID}\t${level}\torder 7\tpaid\n`)).toEqual({
      body: 'order 7\tpaid',
      attributes: {},
      droppedAttributesCount: 0,
      truncated: false,
      time: LINE_TIME,
      requestId: REQUEST_ID,
      severityNumber,
      severityText: level,
    });
  },
);

it('the reader of runtimes’ text lines reads no requestId from a line that Node prints during an init', () => {
  const line = readLine(`${ISO}\tundefined\tINFO\tloading\n`);
  expect(line).not.toHaveProperty('requestId');
  expect(line).toMatchObject({ body: 'loading', time: LINE_TIME, severityNumber: 9 });
});

it('the reader of runtimes’ text lines reads each line by itself, whatever the line before said', () => {
  const reader = new LineReader(DEFAULT_LIMITS);
  const line = (head: string) => reader.read(`${ISO}\t${head}\tx\n`, EVENT_TIME);
  const severityNumber = 9;
  for (const head of [`${REQUEST_ID}\tINFO`, 'undefined\tINFO', 'req-1\tINFO'] as const) {
    line(head);
    expect(line(`${REQUEST_ID}\tINFO`)).toMatchObject({ requestId: REQUEST_ID, severityNumber });
    expect(line(`${REQUEST_ID}\tINFORMAL`).severityNumber).toBeUndefined();
    line(head);
    expect(line(`${REQUEST_ID}\tERROR`)).toMatchObject({ body: 'x', severityNumber: 17 });
    line(head);
    expect(line('undefined\tINFO').requestId).toBeUndefined();
    line(head);
    expect(line('\t').body).toBe(`${ISO}\t\t\tx`);
  }
});

it('the reader of runtimes’ text lines reads an empty message', () => {
  expect(readLine(`${ISO}\t${REQUEST_ID}\tINFO\t\n`).body).toBe('');
});

it('the reader of runtimes’ text lines trusts no id but a UUID, though the emulator takes any from its caller', () => {
  const line = readLine(`${ISO}\treq-1\tINFO\tx\n`);
  expect(line).toMatchObject({ body: 'x', possibleRequestId: 'req-1' });
  expect(line).not.toHaveProperty('requestId');
});

it('the reader of runtimes’ text lines keeps inner newlines and drops one at the end', () => {
  expect(readLine(`${ISO}\t${REQUEST_ID}\tINFO\ta\nb\n\n`).body).toBe('a\nb\n');
});

it.each([
  ['DEBUG', 5],
  ['INFO', 9],
  ['WARNING', 13],
  ['ERROR', 17],
  ['CRITICAL', 21],
])(
  "the reader of runtimes’ text lines reads Python's logging line of level %s",
  (level, severityNumber) => {
    expect(readLine(`[${level}]\t${ISO}\t${REQUEST_ID}\tpaid\n\n`)).toMatchObject({
      body: 'paid\n',
      time: LINE_TIME,
      requestId: REQUEST_ID,
      severityNumber,
      severityText: level,
    });
  },
);

it('the reader of runtimes’ text lines reads a Python line without a request', () => {
  const line = readLine(`[INFO]\t${ISO}\t\tFound credentials\n`);
  expect(line).toMatchObject({ body: 'Found credentials', time: LINE_TIME });
  expect(line).not.toHaveProperty('requestId');
});

it.each([
  ['trce', 1],
  ['dbug', 5],
  ['info', 9],
  ['warn', 13],
  ['fail', 17],
  ['crit', 21],
])("the reader of runtimes’ text lines reads .NET's line of level %s", (level, severityNumber) => {
  expect(readLine(`${ISO}\t${REQUEST_ID}\t${level}\tpaid\n`)).toMatchObject({
    body: 'paid',
    requestId: REQUEST_ID,
    severityNumber,
    severityText: level,
  });
});

it('the reader of runtimes’ text lines takes no runtime to have printed a line without a level: its UUID may be an order', () => {
  const text = `${ISO}\t${REQUEST_ID}\tpaid\tin full`;
  const line = readLine(`${text}\n`);
  expect(line).toMatchObject({ body: text, possibleRequestId: REQUEST_ID, time: LINE_TIME });
  expect(line).not.toHaveProperty('requestId');
  expect(line).not.toHaveProperty('severityNumber');
});

it("the reader of runtimes’ text lines reads Java's LambdaLogger line and keeps it whole", () => {
  expect(readLine('[WARN] stock is low\n')).toMatchObject({
    body: '[WARN] stock is low',
    severityNumber: 13,
    severityText: 'WARN',
  });
});

it("the reader of runtimes’ text lines reads request and level from log4j2's pattern line, whose second is no better than the event's", () => {
  const text = `2024-03-13 18:56:24 ${REQUEST_ID} INFO  Handler:22 - paid`;
  const line = readLine(`${text}\n`);
  expect(line).toMatchObject({ body: text, requestId: REQUEST_ID, severityNumber: 9 });
  expect(line).not.toHaveProperty('time');
});

it.each([
  ['no program name', '-- : done: yes', 'done: yes'],
  ['a program name', '-- billing: done: yes', 'billing: done: yes'],
])("the reader of runtimes’ text lines reads Ruby's logger line with %s", (_case, tail, body) => {
  expect(
    readLine(`W, [2024-05-20T16:29:45.009123 #8]  WARN ${REQUEST_ID} ${tail}\n`),
  ).toMatchObject({
    body,
    time: [1_716_222_585, 9_123_000],
    requestId: REQUEST_ID,
    severityNumber: 13,
    severityText: 'WARN',
    attributes: { 'process.pid': 8 },
  });
});

it("the reader of runtimes’ text lines reads Ruby's own logger line, which names no request", () => {
  const line = readLine('I, [2024-05-20T16:29:45.009123 #8]  INFO -- : done\n');
  expect(line).toMatchObject({ body: 'done', severityNumber: 9 });
  expect(line).not.toHaveProperty('requestId');
});

it("the reader of runtimes’ text lines leaves Go's standard log line as it is", () => {
  expect(readLine('2024/05/20 16:29:45 listening on 8080\n')).toEqual({
    body: '2024/05/20 16:29:45 listening on 8080',
    attributes: {},
    droppedAttributesCount: 0,
    truncated: false,
  });
});

it("the reader of runtimes’ text lines reads level and request from Rust's tracing line, indented and with its span", () => {
  const text = ` INFO Lambda runtime invoke{requestId="${REQUEST_ID}" xrayTraceId="Root=1-6549a1b2-4c0ffee0deadbeef01020304"}: orders: paid`;
  expect(readLine(`${text}\n`)).toMatchObject({
    body: text,
    requestId: REQUEST_ID,
    severityNumber: 9,
  });
});

it.each([
  `START RequestId: ${REQUEST_ID} Version: $LATEST`,
  `END RequestId: ${REQUEST_ID}`,
  `REPORT RequestId: ${REQUEST_ID}\tDuration: 11.64 ms\tBilled Duration: 12 ms`,
])('the reader of Lambda’s own text lines reads the request of %s and keeps the line', (text) => {
  expect(readLine(`${text}\n`)).toMatchObject({ body: text, requestId: REQUEST_ID });
});

it('the reader of Lambda’s own text lines reads the timeout line as an error of its request', () => {
  expect(readLine(`${ISO} ${REQUEST_ID} Task timed out after 3.01 seconds\n`)).toMatchObject({
    body: 'Task timed out after 3.01 seconds',
    time: LINE_TIME,
    requestId: REQUEST_ID,
    severityNumber: 17,
  });
});

it('the reader of Lambda’s own text lines reads the exit of a runtime as an exception', () => {
  const text = `RequestId: ${REQUEST_ID} Error: Runtime exited with error: exit status 1\nRuntime.ExitError`;
  expect(readLine(`${text}\n`)).toMatchObject({
    body: text,
    requestId: REQUEST_ID,
    severityNumber: 17,
    exception: {
      type: 'Runtime.ExitError',
      message: 'Runtime exited with error: exit status 1',
    },
  });
});

it('the reader of Lambda’s own text lines does not take a request from a sentence', () => {
  expect(readLine(`Handling RequestId: ${REQUEST_ID} now`)).not.toHaveProperty('requestId');
});

it.each([
  [
    'Node.js',
    { timestamp: ISO, level: 'INFO', requestId: REQUEST_ID, message: 'paid' },
    { severityNumber: 9, severityText: 'INFO', time: LINE_TIME },
  ],
  [
    'Python, whose time has whole seconds',
    {
      timestamp: '2024-05-20T16:29:45Z',
      level: 'WARNING',
      message: 'paid',
      logger: 'root',
      requestId: REQUEST_ID,
    },
    { severityNumber: 13, severityText: 'WARNING', time: undefined },
  ],
  [
    'Java',
    { timestamp: ISO, message: 'paid', level: 'INFO', AWSRequestId: REQUEST_ID },
    { severityNumber: 9, time: LINE_TIME },
  ],
  [
    "Go's lambdacontext logger",
    {
      timestamp: '2024-05-20T16:29:45.009Z',
      level: 'DEBUG',
      message: 'paid',
      requestId: REQUEST_ID,
    },
    { severityNumber: 5, time: LINE_TIME },
  ],
])('the reader of runtimes’ JSON lines reads %s', (_runtime, record, expected) => {
  const line = readLine(record);
  expect({ time: undefined, ...line }).toMatchObject({
    body: 'paid',
    requestId: REQUEST_ID,
    ...expected,
  });
  expect(readLine(`${JSON.stringify(record)}\n`)).toEqual(line);
});

it("the reader of runtimes’ JSON lines reads .NET's, whose traceId is the X-Ray header and no key of the other runtimes", () => {
  const traceId = 'Root=1-6549a1b2-4c0ffee0deadbeef01020304;Parent=53995c3f42cd8ad8;Sampled=1';
  expect(
    readLine({
      timestamp: ISO,
      level: 'Information',
      requestId: REQUEST_ID,
      traceId,
      message: 'paid',
    }),
  ).toMatchObject({
    body: 'paid',
    requestId: REQUEST_ID,
    severityNumber: 9,
    traceId: '6549a1b24c0ffee0deadbeef01020304',
  });
});

it('the reader of runtimes’ JSON lines takes the message of an object that Node prints behind its own prefix', () => {
  const payload = { level: 'warn', message: 'paid', orderId: 7, requestId: 'of-api-gateway' };
  expect(readLine(`${ISO}\t${REQUEST_ID}\tINFO\t${JSON.stringify(payload)}\n`)).toMatchObject({
    body: 'paid',
    attributes: { orderId: 7, requestId: 'of-api-gateway' },
    time: LINE_TIME,
    requestId: REQUEST_ID,
    severityNumber: 13,
    severityText: 'warn',
  });
});

it('the reader of runtimes’ JSON lines takes what the prefix says where the object behind it is silent', () => {
  expect(readLine(`[INFO]\t${ISO}\t${REQUEST_ID}\t{"message":"paid"}\n`)).toMatchObject({
    body: 'paid',
    time: LINE_TIME,
    requestId: REQUEST_ID,
    severityNumber: 9,
  });
});

it('the reader of runtimes’ JSON lines leaves an object in the message of a JSON line a map', () => {
  const record = {
    timestamp: ISO,
    level: 'INFO',
    requestId: REQUEST_ID,
    message: { a: [1, null] },
  };
  expect(readLine(record).body).toEqual({ a: [1, null] });
});

// Redaction and filters over what the function's SDK handed over.
import * as fc from 'fast-check';
import { decodeOtlp, encodeOtlpMessage } from 'local-lambda/otlp/decode';
import { createEnvironment } from '../../src/environment';
import { createRedaction } from '../../src/extension/create-translator';
import { ReceivedFilter } from '../../src/otel/received-filter';
import { fromJson } from '../../src/relay/from-json';
import type { Signal } from '../../src/relay/item';
import { bytesOf } from '../../src/relay/item';
import { scanRequest } from '../../src/relay/scan-request';
import type { Envelope } from '../../src/relay/scan-request';
import { silentDiagnostics } from '../extension/recorded-diagnostics';
import { arbitraryRequest } from '../relay/arbitrary-request';

const MAIL = 'me@example.org';
const ALL = { LAMBDA_OTLP_REDACT: 'emails', LAMBDA_OTLP_REDACT_KEYS: 'password' };

function filterOf(variables: Readonly<Record<string, string>>) {
  const redaction = createRedaction(createEnvironment(variables, silentDiagnostics));
  if (redaction === undefined) throw new Error('expected rules');
  const countsOf = (): Record<string, number> =>
    Object.fromEntries(
      redaction
        .takeCounts([0, 0])
        .map(({ attributes, value }) => [String(attributes['rule']), value]),
    );
  return { filter: new ReceivedFilter(redaction), countsOf };
}

/** The items of a request in JSON, as they leave: protobuf as text, lost ones left out. */
function filtered(
  signal: Signal,
  request: object,
  { filter }: Pick<ReturnType<typeof filterOf>, 'filter'>,
): readonly string[] {
  const json = fromJson(signal, JSON.stringify(request));
  if (!json.ok) throw new Error(json.seen);
  const left: string[] = [];
  const envelopes = { toResource: (made: Envelope) => made, toScope: (made: Envelope) => made };
  scanRequest(signal, json.body, envelopes, (item) => {
    const leaving = filter.item(signal, item);
    if (leaving !== undefined) left.push(Buffer.from(bytesOf(leaving)).toString('latin1'));
  });
  return left;
}

const attributes = [
  { key: 'to', value: { stringValue: `mail to ${MAIL}` } },
  {
    key: 'nested',
    value: {
      kvlistValue: {
        values: [
          { key: 'list', value: { arrayValue: { values: [{ stringValue: MAIL }] } } },
          { key: 'userPassword', value: { intValue: '12345678' } },
        ],
      },
    },
  },
  { key: 'bytes', value: { bytesValue: Buffer.from(`to ${MAIL}`).toString('base64') } },
  { key: 'json', value: { stringValue: '{"login":{"password":"hunter2"}}' } },
];
const span = {
  traceId: '0af7651916cd43dd8448eb211c80319c',
  spanId: 'b7ad6b7169203331',
  name: `GET /users/${MAIL}`,
  status: { code: 2, message: `no ${MAIL}` },
  attributes,
  events: [
    { name: MAIL, attributes: [{ key: 'exception.message', value: { stringValue: MAIL } }] },
  ],
  links: [{ traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331', attributes }],
};
const traces = { resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] };
const logs = {
  resourceLogs: [
    {
      scopeLogs: [
        {
          logRecords: [
            { severityNumber: 5, body: { stringValue: `GET /health ${MAIL}` }, attributes },
            { severityNumber: 9, body: { kvlistValue: { values: attributes } }, eventName: MAIL },
          ],
        },
      ],
    },
  ],
};
const point = {
  attributes,
  exemplars: [{ filteredAttributes: attributes }],
  bucketCounts: ['1'],
  asInt: '1',
};
const kinds = ['gauge', 'sum', 'histogram', 'exponentialHistogram', 'summary'];
const metrics = {
  resourceMetrics: [
    {
      scopeMetrics: [
        {
          metrics: kinds.map((kind) => ({
            name: MAIL,
            [kind]: { dataPoints: [{ ...point, bucketCounts: undefined, asInt: undefined }] },
          })),
        },
      ],
    },
  ],
};

it.each([
  ['traces', traces, 1],
  ['logs', logs, 2],
  ['metrics', metrics, 5],
] as const)('%s: a secret is found wherever a text may stand', (signal, request, items) => {
  const rules = filterOf(ALL);
  const left = filtered(signal, request, rules);
  expect(left).toHaveLength(items);
  for (const text of left) {
    // The names of metrics are no text of a request.
    expect(signal === 'metrics' ? text.replace(MAIL, '') : text).not.toContain(MAIL);
    expect(text).not.toContain('hunter2');
    expect(text).toContain('[REDACTED]');
  }
  expect(rules.countsOf()).toMatchObject({
    emails: expect.any(Number) as number,
    key_1: expect.any(Number) as number,
  });
});

it('what leaves is what it was, but for the masks', () => {
  const { filter } = filterOf(ALL);
  const masked = filtered('traces', traces, { filter })[0] ?? '';
  const bytes = Buffer.from(masked, 'latin1');
  const prefix = (field: number, content: Buffer): Buffer => {
    const length = content.length;
    const varint = length < 128 ? [length] : [(length & 127) | 128, length >>> 7];
    return Buffer.concat([Buffer.from([field * 8 + 2, ...varint]), content]);
  };
  const request = decodeOtlp('traces', prefix(1, prefix(2, prefix(2, bytes))));
  const left = request.resourceSpans[0]?.scopeSpans[0]?.spans[0];
  expect(left).toMatchObject({
    traceId: span.traceId,
    spanId: span.spanId,
    name: 'GET /users/[REDACTED]',
    status: { message: 'no [REDACTED]' },
    events: [{ name: '[REDACTED]' }],
  });
  const json = left?.attributes.find(({ key }) => key === 'json');
  expect(json?.value?.stringValue).toBe('{"login":{"password":"[REDACTED]"}}');
});

describe('bytes', () => {
  const binary = (...parts: readonly (string | readonly number[] | Buffer)[]): Buffer =>
    Buffer.concat(parts.map((part) => Buffer.from(part as string)));
  /** As they leave; with the rules that masked something in them. */
  const left = (bytes: Buffer, variables: Readonly<Record<string, string>>) => {
    const { filter, countsOf } = filterOf(variables);
    const value = { key: 'b', value: { bytesValue: bytes.toString('base64') } };
    const whole = encodeOtlpMessage('Resource', { attributes: [value] });
    const made = filter.message('Resource', 'traces', whole);
    return {
      isSame: made === whole,
      text: Buffer.from(made).toString('latin1'),
      counts: countsOf(),
    };
  };

  it.each([
    ['no UTF-8', binary([0xff, 0xfe, 0, 0x80])],
    ['no UTF-8, longer than a text may be', Buffer.alloc(70_000, 0xff)],
    ['UTF-8, longer than a text may be', Buffer.alloc(70_000, 'a')],
    ['U+FFFD itself', Buffer.from('\u{fffd}')],
  ])('stay as they are where nothing is to be masked: %s', (_, bytes) => {
    expect(left(bytes, ALL)).toMatchObject({ isSame: true, counts: {} });
  });

  it.each([
    ['an address', binary([0xff, 0xfe, 0, 0x80], ` "${MAIL} "`), ALL, 'emails'],
    ['far behind', binary(Buffer.alloc(70_000, 0xff), ` ${MAIL} `), ALL, 'emails'],
    [
      'UTF-8',
      binary([0xff], ' straße'),
      { LAMBDA_OTLP_REDACT_PATTERNS: '["straße"]' },
      'pattern_1',
    ],
    [
      'Latin-1',
      binary(Buffer.from('straße', 'latin1')),
      { LAMBDA_OTLP_REDACT_PATTERNS: '["straße"]' },
      'pattern_1',
    ],
    ['a broken rule', binary([0xff]), { LAMBDA_OTLP_REDACT_PATTERNS: '["(?=a)"]' }, 'all'],
  ])('that are no text go whole where a rule finds something: %s', (_, bytes, rules, rule) => {
    const { text, counts } = left(bytes, rules);
    expect(text.slice(text.indexOf('b') + 1)).toMatch(/^[^a-zÿ]*\[REDACTED\]$/);
    expect(counts).toEqual({ [rule]: 1 });
  });

  it('that are a text are masked as one, also behind what a text may have', () => {
    expect(left(Buffer.from(`é ${MAIL}!`), ALL).text).toMatch(/Ã© \[REDACTED\]!$/);
    const behind = left(Buffer.from(`${'a '.repeat(35_000)}${MAIL}`), ALL);
    expect(behind.text).not.toContain(MAIL);
  });
});

it('LAMBDA_OTLP_DROP_LOGS drops by severity and by body, counted', () => {
  const bySeverity = filterOf({ LAMBDA_OTLP_DROP_LOGS: 'severity<info' });
  expect(filtered('logs', logs, bySeverity)).toHaveLength(1);
  expect(bySeverity.countsOf()).toEqual({ drop_logs_1: 1 });
  const byBody = filterOf({ LAMBDA_OTLP_DROP_LOGS: 'body~^GET /health' });
  expect(filtered('logs', logs, byBody)).toHaveLength(1);
  const byMap = filterOf({ LAMBDA_OTLP_DROP_LOGS: 'body~mail to' });
  expect(filtered('logs', logs, byMap)).toHaveLength(1);
});

it('LAMBDA_OTLP_DROP_ATTRIBUTES reaches items, events, points, resources and scopes of its signal', () => {
  const rules = filterOf({ LAMBDA_OTLP_DROP_ATTRIBUTES: 'metrics:nested,to' });
  const [left = ''] = filtered('metrics', metrics, rules);
  expect(left).not.toContain('nested');
  expect(left).toContain('json');
  const [leftSpan = ''] = filtered('traces', traces, rules);
  expect(leftSpan).toContain('nested');
  expect(leftSpan).not.toContain('mail to');
  const resource = encodeOtlpMessage('Resource', { attributes: [{ key: 'nested', value: {} }] });
  expect(rules.filter.message('Resource', 'metrics', resource)).toHaveLength(0);
  expect(rules.filter.message('Resource', 'traces', resource)).toBe(resource);
  const scope = encodeOtlpMessage('InstrumentationScope', {
    name: 's',
    attributes: [{ key: 'to', value: { stringValue: MAIL } }],
  });
  expect(rules.filter.message('InstrumentationScope', 'logs', scope)).toHaveLength(3);
});

it('a broken rule masks all free text of the SDK, and nothing that names who says it', () => {
  const rules = filterOf({ LAMBDA_OTLP_REDACT_PATTERNS: '["(?=a)"]' });
  const own = [{ key: 'service.name', value: { stringValue: 'orders' } }];
  const request = { resourceSpans: [{ scopeSpans: [{ spans: [{ ...span, attributes: own }] }] }] };
  const [left = ''] = filtered('traces', request, rules);
  expect(left).toContain('orders');
  expect(left).not.toContain('GET');
});

it('values that are nested without end are masked', () => {
  let value: object = { stringValue: MAIL };
  for (let depth = 0; depth < 60; depth += 1) value = { arrayValue: { values: [value] } };
  const request = {
    resourceLogs: [{ scopeLogs: [{ logRecords: [{ body: value }] }] }],
  };
  const [left = ''] = filtered('logs', request, filterOf(ALL));
  expect(left).not.toContain(MAIL);
});

it('an attribute that cannot be read does not leave', () => {
  const bytes = Uint8Array.from([0x0a, 0x04, 0x0a, 0x01, 0x61, 0x12]);
  expect(filterOf(ALL).filter.message('Resource', 'logs', bytes)).toHaveLength(0);
});

it.each(['traces', 'metrics', 'logs'] as const)(
  '%s: what no rule touches stays byte for byte',
  (signal) => {
    const { filter } = filterOf({ LAMBDA_OTLP_REDACT_PATTERNS: '["no such text at all, ever"]' });
    fc.assert(
      fc.property(arbitraryRequest(signal), (body) => {
        const same =
          (message: 'Resource' | 'InstrumentationScope') =>
          (made: Envelope): Envelope => {
            expect(filter.message(message, signal, made.bytes)).toBe(made.bytes);
            return made;
          };
        const envelopes = {
          toResource: same('Resource'),
          toScope: same('InstrumentationScope'),
        };
        scanRequest(signal, body, envelopes, (item) => {
          expect(filter.item(signal, item)).toBe(item);
        });
      }),
    );
  },
);

// Lines that come from stdout and from the SDK's log bridge.
import { encodeOtlpMessage } from 'local-lambda/otlp/decode';
import { RepeatedLines } from '../../src/otel/repeated-lines';
import { ReceivedLogRecord } from '../../src/relay/scan-request';

const envelope = { bytes: new Uint8Array(0), schemaUrl: '' };

/** Long enough to tell by itself. */
const textOf = (name: string | number): string =>
  `${name}: stock is low, and nothing is on its way`;

function recordOf(text: string, timeMs: number): ReceivedLogRecord {
  return toRecord({ stringValue: text }, timeMs);
}

function toRecord(body: object | undefined, timeMs: number): ReceivedLogRecord {
  const nanos = BigInt(timeMs) * 1_000_000n;
  const block = encodeOtlpMessage('LogRecord', {
    timeUnixNano: { low: Number(BigInt.asIntN(32, nanos)), high: Number(nanos >> 32n) },
    ...(body && { body }),
  });
  const part = { block, start: 0, end: block.length };
  return new ReceivedLogRecord(part, { resource: envelope, scope: envelope });
}

const NOW_MS = 1_790_000_000_000;

it.each([
  ['the record first', ['record', 'line'], 0, true],
  ['a second apart', ['record', 'line'], 1_000, true],
  ['more than a second apart', ['record', 'line'], 1_001, false],
  ['from stdout alone', ['line', 'line'], 0, false],
  ['from the SDK alone', ['record', 'record'], 0, false],
] as const)('a line that comes twice is found: %s', (_, order, distanceMs, isFound) => {
  const repeated = new RepeatedLines();
  for (const [index, kind] of order.entries()) {
    const timeMs = NOW_MS + index * distanceMs;
    if (kind === 'line') repeated.noteLine(`${textOf('a')}\n`, timeMs);
    else repeated.noteRecord(recordOf(textOf('a'), timeMs));
  }
  expect(repeated.isFound).toBe(isFound);
});

it('a line that comes twice is found when the line came first, once the SDK is known to hand over records', () => {
  const repeated = new RepeatedLines();
  repeated.noteLine(textOf('a'), NOW_MS);
  repeated.noteRecord(recordOf(textOf('a'), NOW_MS));
  expect(repeated.isFound).toBe(false);
  repeated.noteLine(textOf('b'), NOW_MS);
  repeated.noteRecord(recordOf(textOf('b'), NOW_MS));
  expect(repeated.isFound).toBe(true);
});

it('a line that comes twice is looked for among the latest 64 only, and not where it says nothing or much', () => {
  const repeated = new RepeatedLines();
  for (let count = 0; count < 65; count += 1) repeated.noteRecord(recordOf(textOf(count), NOW_MS));
  for (const text of ['', ' ', 'x'.repeat(10_000)]) repeated.noteRecord(recordOf(text, NOW_MS));
  for (const text of [textOf(0), '', ' ', 'x'.repeat(10_000)]) repeated.noteLine(text, NOW_MS);
  expect(repeated.isFound).toBe(false);
  repeated.noteLine(textOf(1), NOW_MS);
  expect(repeated.isFound).toBe(true);
});

it('a line that comes twice is found by one short text only when there is another', () => {
  const repeated = new RepeatedLines();
  for (const text of ['done', 'done', 'ready']) {
    expect(repeated.isFound).toBe(false);
    repeated.noteRecord(recordOf(text, NOW_MS));
    repeated.noteLine(text, NOW_MS);
  }
  expect(repeated.isFound).toBe(true);
});

it('a line that comes twice is not looked for in records that are no text', () => {
  const repeated = new RepeatedLines();
  const values = [{ key: textOf('a'), value: { stringValue: textOf('a') } }];
  for (const body of [{ kvlistValue: { values } }, { intValue: 7 }, {}, undefined]) {
    repeated.noteRecord(toRecord(body, NOW_MS));
  }
  for (const line of [textOf('a'), '7', '']) repeated.noteLine(line, NOW_MS);
  expect(repeated.isFound).toBe(false);
});

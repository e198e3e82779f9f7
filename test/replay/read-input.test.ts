import { readInput } from '../../src/replay/read-input';
import { replayToOtlp } from '../golden/replay-to-otlp';

const AT = '2026-03-02T08:15:00.011Z';
const event = { time: AT, type: 'function', record: 'hello' };

const values = (text: string) =>
  readInput(text).map((item) => (item.kind === 'event' ? item.value : item.kind));

it.each([
  ['an array of events', JSON.stringify([event, event])],
  ['an array of batches', JSON.stringify([[event], [event]])],
  ['NDJSON of events', `${JSON.stringify(event)}\n${JSON.stringify(event)}\n`],
  ['NDJSON of batches', `${JSON.stringify([event])}\n${JSON.stringify([event])}`],
  [
    'deliveries of a capture',
    JSON.stringify([{ unixNs: 1, kind: 'delivery', events: [event, event] }]),
  ],
])('readInput reads %s', (_, text) => {
  expect(values(text)).toEqual([event, event]);
});

it.each([
  ['with a type of its own', { timestamp: AT, level: 'INFO', message: 'm', type: 'order.created' }],
  ['with a record of its own', { timestamp: AT, level: 'INFO', message: 'm', record: 1 }],
  ['of pino', { level: 30, time: 1_772_439_300_013, msg: 'm' }],
  ['of slog', { time: AT, level: 'INFO', msg: 'm' }],
  ['in ECS', { '@timestamp': AT, 'log.level': 'info', message: 'm' }],
])('readInput takes a JSON line %s for a line of the function', async (_, line) => {
  const [request] = await replayToOtlp([JSON.stringify(line)]);
  expect(request?.signal).toBe('logs');
  const text = JSON.stringify(request);
  expect(text).toContain('lambda-otlp/function');
  expect(text).toContain('"body":{"stringValue":"m"}');
});

it('readInput keeps an event of an unknown type, and text among JSON lines', () => {
  const unknown = { time: AT, type: 'platform.somethingNew', record: {} };
  expect(values(`${JSON.stringify(unknown)}\nplain text`)).toEqual([
    unknown,
    { type: 'function', record: 'plain text' },
  ]);
});

it('readInput says of text without JSON that it is unreadable', () => {
  expect(values('# A title\n\nprose')).toEqual(['unreadable', 'unreadable']);
});

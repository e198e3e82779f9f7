// The pure policies of delivery: Retry-After, retries, breaker, patience, verdicts, messages.
import { ItemBuffer } from '../../src/delivery/queue/item-buffer';
import { CircuitBreaker } from '../../src/delivery/policy/endpoint-health';
import { protobufEncoding, RequestBuilder } from '../../src/delivery/codec/request-builder';
import { decideRetry, Patience } from '../../src/delivery/policy/gate';
import type { RetrySituation } from '../../src/delivery/policy/gate';
import { describeTrouble } from '../../src/delivery/policy/request-fates';
import { parseRetryAfter, judge } from '../../src/delivery/policy/verdict';
import { toItems } from './protobuf/encode';
import { makeLogRecord, range } from './signal-items';

const nowMs = Date.parse('2026-09-01T12:00:00Z');

it.each([
  ['0', 0],
  ['2', 2_000],
  ['1.5', 1_500],
  ['Tue, 01 Sep 2026 12:00:30 GMT', 30_000],
  ['Tue, 01 Sep 2026 11:00:00 GMT', 0],
  ['999999999', 600_000],
  ['soon', undefined],
  ['', undefined],
  [undefined, undefined],
])('Retry-After: %s is %s ms', (value, expected) => {
  expect(parseRetryAfter(value, nowMs)).toBe(expected);
});

const situation: RetrySituation = {
  phase: 'after-invocation',
  retries: 0,
  failedFlushes: 1,
  reached: true,
  isLoopback: false,
  leftMs: 500,
  random: 1,
};
it.each<[string, Partial<RetrySituation>, number | undefined]>([
  ['after the invocation comes once, within milliseconds', {}, 6],
  ['after the invocation does not come twice', { retries: 1 }, undefined],
  ['is not made for an endpoint that failed the last flush too', { failedFlushes: 2 }, undefined],
  [
    'after the invocation is not made for a server that is not there',
    { reached: false },
    undefined,
  ],
  ['after the invocation does not wait for Retry-After', { retryInMs: 100 }, undefined],
  ['needs time', { leftMs: 5 }, undefined],
  ['while running backs off', { phase: 'while-running', retries: 2 }, 200],
  ['while running honours Retry-After', { phase: 'while-running', retryInMs: 400 }, 400],
  ['does not come before Retry-After', { phase: 'while-running', retryInMs: 600 }, undefined],
  ['while running comes to an end', { phase: 'while-running', retries: 4 }, undefined],
  ['at shutdown goes on to the deadline', { phase: 'final', retries: 40 }, 250],
  [
    'at shutdown is not made for a server of this machine that is gone',
    { phase: 'final', reached: false, isLoopback: true },
    undefined,
  ],
  ['at shutdown is made for any other', { phase: 'final', reached: false }, 25],
  ['is jittered', { phase: 'final', retries: 40, random: 0 }, 125],
])('a retry %s', (_, change, expected) => {
  expect(decideRetry({ ...situation, ...change })).toBe(expected);
});

function open(): { breaker: CircuitBreaker; pass: (ms: number) => void } {
  let now = nowMs;
  const breaker = new CircuitBreaker({ now: () => now });
  for (const attempt of [1, 2, 3]) breaker.failed(attempt);
  return { breaker, pass: (ms) => (now += ms) };
}

it('the circuit breaker opens after three failed flushes, not after three failed requests', () => {
  const breaker = new CircuitBreaker({ now: () => nowMs });
  for (const attempt of [1, 1, 1, 2]) breaker.failed(attempt);
  expect(breaker.ask()).toBe('go');
  breaker.failed(3);
  expect(breaker.ask()).toBe('held');
});

it('the circuit breaker counts failures in a row only', () => {
  const breaker = new CircuitBreaker({ now: () => nowMs });
  for (const attempt of [1, 2]) breaker.failed(attempt);
  breaker.succeeded();
  for (const attempt of [3, 4]) breaker.failed(attempt);
  expect(breaker.isOpen).toBe(false);
});

it('the circuit breaker lets one probe through after a delay', () => {
  const { breaker, pass } = open();
  pass(4_999);
  expect(breaker.ask()).toBe('held');
  pass(1);
  expect([breaker.ask(), breaker.ask()]).toEqual(['probe', 'held']);
  breaker.succeeded();
  expect([breaker.ask(), breaker.ask()]).toEqual(['go', 'go']);
});

it('the circuit breaker increases that delay up to a minute while probes fail', () => {
  const { breaker, pass } = open();
  const graces = [5_000, 10_000, 20_000, 40_000, 60_000, 60_000];
  graces.forEach((grace, index) => {
    pass(grace - 1);
    expect(breaker.ask()).toBe('held');
    pass(1);
    expect(breaker.ask()).toBe('probe');
    breaker.failed(4 + index);
  });
});

it('the circuit breaker is not held for hours by a clock that was set back', () => {
  const { breaker, pass } = open();
  pass(-3_600_000);
  expect(breaker.ask()).toBe('probe');
});

function lost(): { patience: Patience; pass: (ms: number) => void } {
  let now = nowMs;
  const patience = new Patience({ now: () => now });
  for (let flush = 0; flush < 3; flush += 1) patience.unanswered(500);
  return { patience, pass: (ms) => (now += ms) };
}

it('patience is lost after three flushes without an answer, and does not return by the passing of time alone', () => {
  const { patience, pass } = lost();
  expect(patience.isLost).toBe(true);
  pass(600_000);
  expect(patience.isLost).toBe(true);
});

it('patience returns with an answer as fast as the flushes were patient', () => {
  const { patience } = lost();
  patience.answered(400);
  expect(patience.isLost).toBe(false);
});

it('patience after late answers allows one full wait now and then', () => {
  const { patience, pass } = lost();
  patience.answered(3_000);
  expect(patience.isLost).toBe(true);
  pass(5_000);
  expect(patience.isLost).toBe(false);
  patience.unanswered(500);
  expect(patience.isLost).toBe(true);
});

it('patience is not lost by flushes that had no time', () => {
  const patience = new Patience({ now: () => nowMs });
  for (let flush = 0; flush < 9; flush += 1) patience.unanswered(20);
  expect(patience.isLost).toBe(false);
});

const failed = (
  status: 'retryable' | 'failure',
  outcome: number | string,
  bodyWritten: boolean,
) => ({
  status,
  failure: { message: '', outcome, bodyWritten },
});
it.each([
  [failed('retryable', 'timeout', true), { kind: 'resend', isUnsure: true }],
  [failed('retryable', 'ECONNRESET', false), { kind: 'resend', isUnsure: false }],
  [failed('retryable', 503, true), { kind: 'resend', reached: true, isUnsure: false }],
  [failed('failure', 413, true), { kind: 'split' }],
  [failed('failure', 400, true), { reason: '400', trouble: 'items' }],
  [failed('failure', 404, true), { reason: '404', trouble: 'address' }],
  [failed('failure', 308, true), { reason: '308', trouble: 'address' }],
  [failed('failure', 500, true), { reason: '500', trouble: 'server' }],
  [failed('failure', 'not_http', true), { reason: 'rejected' }],
])('the verdict of %j is what the specification asks for', (response, expected) => {
  expect(judge(response)).toMatchObject(expected);
});

it('a verdict of a partial success counts what was rejected', () => {
  const data = Uint8Array.of(0x0a, 0x07, 0x08, 0x03, 0x12, 0x03, 0x6f, 0x6c, 0x64);
  const verdict = judge({ status: 'success', data });
  expect(verdict).toEqual({ kind: 'delivered', rejected: 3, note: 'old' });
});

it.each([
  [401, 'OTEL_EXPORTER_OTLP_HEADERS'],
  [404, 'OTEL_LOGS_EXPORTER=none'],
  [415, 'OTEL_EXPORTER_OTLP_PROTOCOL'],
  [301, 'redirects are not followed'],
  ['not_http', '4317'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'OTEL_EXPORTER_OTLP_CERTIFICATE'],
])('a message about %s tells the user of %s', (outcome, hint) => {
  const text = describeTrouble({
    signal: 'logs',
    url: 'https://c.example/v1/logs?token=secret',
    outcome,
    message: 'it failed',
    isNew: false,
    consequence: 'dropped',
  });
  expect(text).toContain(hint);
  expect(text).toContain('https://c.example/v1/logs');
  expect(text).not.toContain('secret');
});

it('the size of requests recovers from an endpoint that called even small ones too large', () => {
  const buffer = new ItemBuffer({ capacityBytes: 64_000_000, maxItems: 100_000 }, () => undefined);
  const builder = new RequestBuilder('logs', buffer);
  buffer.add(
    'logs',
    toItems(
      'logs',
      range(5_000).map((index) => makeLogRecord(index, 'x'.repeat(200))),
    ),
  );
  const build = () => builder.build(protobufEncoding);
  for (let refusals = 0; refusals < 9; refusals += 1) {
    const request = build();
    if (request !== undefined) builder.shrink(request);
  }
  let requests = 0;
  for (let request = build(); request !== undefined; request = build()) {
    requests += 1;
    buffer.release('logs', request.items);
    builder.regrow();
  }
  expect(requests).toBeGreaterThan(10);
  expect(requests).toBeLessThan(70);
});

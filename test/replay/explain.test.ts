// `replay --explain`: per request what leaves and by which rule, and what it comes to.
import { createEnvironment } from '../../src/environment';
import { explain } from '../../src/replay/explain';
import { silentDiagnostics } from '../extension/recorded-diagnostics';
import { done, report, start, wire } from '../invocation/scenario';

const FINE = '00000000-0000-4000-8000-000000000001';
const FAILED = '00000000-0000-4000-8000-000000000002';
const say = (ms: number, requestId: string, level: string, message: string) =>
  wire(ms, 'function', { level, message, requestId, timestamp: undefined });
const items = [
  start(0, FINE),
  say(1, FINE, 'DEBUG', 'mail to me@example.org'),
  done(100, FINE),
  report(101, FINE),
  start(1000, FAILED),
  say(1001, FAILED, 'DEBUG', 'mail to me@example.org'),
  say(1002, FAILED, 'INFO', 'GET /health'),
  done(1100, FAILED, { status: 'error', errorType: 'E' }),
  report(1101, FAILED),
].map((value) => ({ kind: 'event' as const, value }));

it('explain says of each request what leaves, and which rule kept, masked or dropped it', async () => {
  const text = await explain(items, {
    variables: {
      LAMBDA_OTLP_KEEP: 'errors,slow>1s',
      LAMBDA_OTLP_OTHERS: 'none',
      LAMBDA_OTLP_REDACT: 'emails,tokens',
      LAMBDA_OTLP_DROP_LOGS: 'body~GET /health',
    },
    toEnvironment: (variables) => createEnvironment(variables, silentDiagnostics),
  });
  const [fine = '', failed = ''] = text.split(/^request /m).slice(1);
  expect(fine).toContain(`${FINE}  success, 100 ms: one of the others`);
  expect(fine).toMatch(/exported: 0 of \d+ spans, 0 of 2 lines/);
  expect(failed).toContain(': kept by errors\n');
  expect(failed).toMatch(/exported: (\d+) of \1 spans, 3 of 4 lines/);
  expect(failed).toContain('masked by emails: 1 lines');
  expect(failed).not.toContain('tokens');
  expect(failed).toContain('dropped by body~GET /health: 1 lines');
  const without = await explain(items, {
    variables: {},
    toEnvironment: (variables) => createEnvironment(variables, silentDiagnostics),
  });
  expect(without).toContain(`${FINE}  success, 100 ms: no LAMBDA_OTLP_KEEP\n`);
  // Of what the SDK handed over there is nothing in stored events.
  expect(without).toContain('2 of 2 requests (100.0 %)');
  expect(text).toContain('1 of 2 requests (50.0 %)');
  expect(text).toMatch(/traces +\d+ of \d+ items +\d+ of \d+ bytes +\d+\.\d %/);
});

it('explain calls a handler that threw an error, as the trace does, though Lambda says success', async () => {
  const unanswered = { metrics: { durationMs: 100, producedBytes: 0 }, spans: undefined };
  const thrown = [start(0, FINE), done(100, FINE, unanswered), report(101, FINE)];
  const text = await explain(
    thrown.map((value) => ({ kind: 'event' as const, value })),
    {
      variables: { LAMBDA_OTLP_KEEP: 'errors' },
      toEnvironment: (variables) => createEnvironment(variables, silentDiagnostics),
    },
  );
  expect(text).toContain(`${FINE}  success, function error, 100 ms: kept by errors`);
});

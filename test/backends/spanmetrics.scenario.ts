// A Collector that makes metrics of spans counts requests, though most of their spans never left: the threshold in
// tracestate says how many one stands for.
import path from 'node:path';
import { freePort } from '../free-ports';
import type { Collector } from './install/collector';
import { startCollector } from './install/collector';
import { eventually } from './install/http-query';
import { report } from './report';
import { runFunction, uniqueFunctionName } from './run-function';
import { createServers } from './servers';

const REQUESTS = 1_000;
const FAILURES = 30;
const RATIO = 0.1;

const servers = createServers();
let collector: Collector;
let scrapeUrl: string;

beforeAll(async () => {
  const scrape = `127.0.0.1:${await freePort()}`;
  scrapeUrl = `http://${scrape}/metrics`;
  collector = servers.add(
    await startCollector({
      config: path.join(__dirname, 'spanmetrics.yaml'),
      distribution: 'otelcol-spanmetrics',
      env: { SCRAPE_ENDPOINT: scrape },
    }),
  );
}, 900_000);

afterAll(() => servers.stopAll());

/** Spans of kind SERVER by whether they failed, as a Prometheus would read them. */
async function readCalls(service: string): Promise<{ failed: number; others: number }> {
  const text = await (await fetch(scrapeUrl)).text();
  const calls = { failed: 0, others: 0 };
  for (const line of text.split('\n')) {
    const [, labels = '', value] =
      /^traces_span_metrics_calls_total\{(.*)\} (\S+)$/.exec(line) ?? [];
    const isOurs = labels.includes(`service_name="${service}"`);
    if (!isOurs || !labels.includes('span_kind="SPAN_KIND_SERVER"')) continue;
    calls[labels.includes('status_code="STATUS_CODE_ERROR"') ? 'failed' : 'others'] +=
      Number(value);
  }
  return calls;
}

it(
  '1 000 requests of which 3 % fail are counted from the tenth of them that leaves, and the failures exactly',
  servers.explained(async () => {
    const name = uniqueFunctionName('orders');
    const payloads = Array.from({ length: REQUESTS }, (_, index) => ({
      // The last one fails: where it was counted, all were.
      mode: (REQUESTS - 1 - index) % (REQUESTS / FAILURES) < 1 ? 'error' : 'brief',
    }));
    await runFunction({
      functionName: name,
      payloads,
      environment: {
        OTEL_EXPORTER_OTLP_ENDPOINT: collector.otlpUrl,
        OTEL_METRICS_EXPORTER: 'none',
        OTEL_LOGS_EXPORTER: 'none',
        LAMBDA_OTLP_FLUSH: 'adaptive',
        LAMBDA_OTLP_KEEP: 'errors',
        LAMBDA_OTLP_OTHERS: 'none',
        LAMBDA_OTLP_OTHERS_RATIO: String(RATIO),
      },
    });
    const calls = await eventually(
      () => readCalls(name),
      (answer) => {
        const seen = answer as { failed: number; others: number };
        return seen.failed >= FAILURES ? seen : undefined;
      },
    );
    report('Span metrics of 1 000 requests, a tenth of the successes left', scrapeUrl, [
      `failed: ${calls.failed}, others: ${calls.others}`,
    ]);
    expect(calls.failed).toBe(FAILURES);
    // Drawn one by one: four standard deviations.
    const deviation = Math.sqrt(((REQUESTS - FAILURES) * (1 - RATIO)) / RATIO);
    expect(Math.abs(calls.others - (REQUESTS - FAILURES))).toBeLessThan(4 * deviation);
  }),
);

// Three hundred invocations over TLS, the extension frozen at random instants: what the platform's events make
// is what was delivered and what was counted, to the item, in the telemetry as on the stop line.
import { readTelemetry, total } from '../scenarios/arrived-telemetry';
import {
  countItems,
  countSent,
  countedDrops,
  countLostPoints,
  isTaken,
  lostWindows,
  readAll,
  readStopLine,
  withoutRepeats,
} from '../faults/accounting';
import { EXTENSION, drain, endRuns, startFaultyRun } from '../faults/faulty-run';
import type { FaultyRun } from '../faults/faulty-run';
import { createRandom } from '../faults/random';
import { AUTHORITY, startTlsFront } from '../faults/tls-front';
import type { TlsFront } from '../faults/tls-front';

const INVOCATIONS = 300;
const MAX_FREEZE_MS = 25;
const MAX_START_MS = 35;

let front: TlsFront;

beforeEach(async () => {
  front = await startTlsFront();
});

afterEach(async () => {
  await endRuns();
  front.close();
});

/** Stops the extension somewhere in the invocation that begins now, and lets it go on a little later. */
function freezeSometime({ lambda }: FaultyRun, random: () => number): void {
  const own = lambda.extensions.find(({ name }) => name === EXTENSION);
  const signal = (name: NodeJS.Signals): void => {
    // While the whole environment is frozen, whoever froze it thaws it.
    if (own?.pid !== undefined && !lambda.frozen) process.kill(own.pid, name);
  };
  const freezeMs = random() * MAX_FREEZE_MS;
  setTimeout(() => {
    signal('SIGSTOP');
    setTimeout(() => signal('SIGCONT'), freezeMs);
  }, random() * MAX_START_MS);
}

interface Endpoint {
  readonly name: string;
  /** Share of the requests that break before they are taken, and of the pauses that end idle connections. */
  readonly breaks: number;
}

test.each<Endpoint>([
  { name: 'is healthy', breaks: 0 },
  { name: 'drops connections', breaks: 0.15 },
])(
  'an endpoint that $name: delivered and counted are what was sent',
  async ({ breaks }) => {
    const random = createRandom(20_261_129);
    const run = await startFaultyRun({
      settings: (url) => {
        front.port = Number(new URL(url).port);
        return {
          OTEL_EXPORTER_OTLP_ENDPOINT: front.url,
          OTEL_EXPORTER_OTLP_CERTIFICATE: AUTHORITY,
        };
      },
    });
    const answers = createRandom(15);
    run.endpoint.respondWith(() => (answers() < breaks ? { kind: 'reset' } : undefined));
    for (let index = 0; index < INVOCATIONS; index += 1) {
      if (random() < breaks) front.endIdle();
      if (random() < 0.5) freezeSometime(run, random);
      await run.invoke([`line ${index}`, `more ${index}`]);
    }
    await run.endpoint.heal();
    await drain(run);
    const end = await run.shutdown();
    expect({ ...end, output: run.output() }).toMatchObject({ exitCode: 0, killed: false });

    const requests = withoutRepeats(run.endpoint.requests);
    const { exported, dropped } = readStopLine(run.output());
    const { traces, logs } = countSent(run.lambda.events);
    expect({
      traces: exported.traces + dropped.traces,
      logs: exported.logs + dropped.logs,
    }).toEqual({ traces, logs });
    expect(exported).toEqual(countItems(requests, isTaken));
    const telemetry = readTelemetry(requests);
    expect(countedDrops(telemetry)).toEqual(dropped);
    const spans = telemetry.spans.map(({ traceId, spanId }) => `${traceId}/${spanId}`);
    expect(new Set(spans).size).toBe(exported.traces);
    // Of every window that did not arrive the points are counted, and nothing else is missing.
    const lost = lostWindows(requests);
    expect(countLostPoints(lost)).toBe(dropped.metrics);
    const starts = run.lambda.events.filter(({ type }) => type === 'platform.start').length;
    const inLost = total(readAll(lost), 'faas.invocations');
    expect(total(telemetry, 'faas.invocations') + inLost).toBe(starts);
    expect(requests.some(({ outcome }) => outcome === 'reset')).toBe(breaks > 0);
    if (breaks === 0) expect(dropped).toEqual({ traces: 0, metrics: 0, logs: 0 });
  },
  120_000,
);

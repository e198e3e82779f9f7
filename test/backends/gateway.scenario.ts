// The two tiers of collector-config/gateway: whole traces are sampled, what matters is kept, and what the first tier
// took arrives although the back end was away.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { freePort } from '../free-ports';
import type { Collector } from './install/collector';
import { startCollector } from './install/collector';
import { eventually } from './install/http-query';
import type { OtlpReceiver } from 'local-lambda/otlp/otlp-receiver';
import { startOtlpReceiver } from 'local-lambda/otlp/otlp-receiver';
import { report } from './report';
import { runFunction, traceIdOf, uniqueFunctionName } from './run-function';
import { createServers } from './servers';

const servers = createServers();
let queueDir: string;
let vendor: OtlpReceiver;
let firstTier: Collector;

beforeAll(async () => {
  queueDir = await mkdtemp(path.join(tmpdir(), 'queue-'));
  const grpcPort = await freePort();
  vendor = await startOtlpReceiver({ respond: () => ({ kind: 'status', status: 503 }) });
  servers.add(
    await startCollector({
      config: 'gateway/collector.yaml',
      env: {
        OTLP_GRPC_ENDPOINT: `127.0.0.1:${grpcPort}`,
        QUEUE_DIR: queueDir,
        VENDOR_OTLP_URL: vendor.url,
        VENDOR_HEADER: 'x-vendor-token',
        VENDOR_TOKEN: 'secret',
      },
    }),
  );
  const env = { BACKEND_HOSTNAME: '127.0.0.1', BACKEND_PORT: String(grpcPort) };
  firstTier = servers.add(await startCollector({ config: 'gateway/load-balancer.yaml', env }));
}, 900_000);

afterAll(async () => {
  await servers.stopAll();
  await vendor.close();
  await rm(queueDir, { recursive: true, force: true });
});

/** Ids of the traces that the vendor accepted. */
function acceptedTraceIds(): ReadonlySet<string> {
  const spans = vendor.accepted.traces.flatMap(({ resourceSpans = [] }) =>
    resourceSpans.flatMap(({ scopeSpans = [] }) =>
      scopeSpans.flatMap(({ spans: all = [] }) => all),
    ),
  );
  return new Set(spans.map(({ traceId }) => traceId));
}

it(
  'cold starts and errors arrive after an outage of the vendor, with its header; warm calls mostly do not',
  servers.explained(async () => {
    const run = await runFunction({
      functionName: uniqueFunctionName('fleet'),
      payloads: [...Array<string>(20).fill('ok'), 'crash'].map((mode) => ({ mode })),
      environment: { OTEL_EXPORTER_OTLP_ENDPOINT: firstTier.otlpUrl },
    });
    await eventually(
      () => Promise.resolve(vendor.requests.length),
      (count) => (Number(count) > 0 ? count : undefined),
    );
    vendor.respondWith(undefined);
    const ids = run.invocations.map(traceIdOf);
    const [coldStart, crash] = [ids.at(0) ?? '', ids.at(-1) ?? ''];
    const accepted = await eventually(
      () => Promise.resolve(acceptedTraceIds()),
      (answer) => {
        const found = answer as ReadonlySet<string>;
        return found.has(coldStart) && found.has(crash) ? found : undefined;
      },
      60_000,
    );
    report('Gateway: traces kept of 21', 'traces at the vendor', [...accepted]);
    expect(accepted.size).toBeLessThan(ids.length);
    expect(vendor.requests[0]?.headers['x-vendor-token']).toBe('secret');
  }),
);

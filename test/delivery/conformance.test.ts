// For the same items our requests are those of OpenTelemetry's own exporters, byte for byte.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { createFixture } from './delivery-fixture';
import type { ReceivedRequest, ScriptedEndpoint } from './scripted-endpoint';
import { startEndpoint } from './scripted-endpoint';
import { conformanceLogRecords, conformanceSpans, conformanceWindow } from './signal-items';

let endpoint: ScriptedEndpoint;

beforeEach(async () => {
  endpoint = await startEndpoint();
});

afterEach(() => endpoint.close());

async function sendWithExporters(compression: string): Promise<ReceivedRequest[]> {
  const program = require.resolve('./send-with-exporters');
  const argv = ['-r', 'esbuild-register', program, endpoint.url, compression];
  await promisify(execFile)(process.execPath, argv);
  return endpoint.requests.splice(0);
}

async function sendWithDelivery(compression: 'gzip' | 'none'): Promise<ReceivedRequest[]> {
  const windows = [conformanceWindow];
  const { delivery, flush } = createFixture({
    url: endpoint.url,
    signal: { protocol: 'http/protobuf', compression },
    metricSource: { collect: () => windows.shift() },
  });
  delivery.addSpans(conformanceSpans);
  delivery.addLogRecords(conformanceLogRecords);
  await flush();
  delivery.close();
  return endpoint.requests.splice(0);
}

it.each(['gzip', 'none'] as const)(
  'with compression %s, requests are those of OpenTelemetry’s own exporters',
  async (compression) => {
    const ours = await sendWithDelivery(compression);
    const theirs = await sendWithExporters(compression);
    expect(theirs.map(({ path }) => path).sort()).toEqual([
      '/v1/logs',
      '/v1/metrics',
      '/v1/traces',
    ]);
    expect(ours).toHaveLength(3);
    for (const { path, method, body, headers } of theirs) {
      const counterpart = ours.find((request) => request.path === path);
      expect(counterpart?.body.equals(body)).toBe(true);
      expect(counterpart?.method).toBe(method);
      for (const name of ['content-type', 'content-encoding']) {
        expect(counterpart?.headers[name]).toBe(headers[name]);
      }
    }
  },
);

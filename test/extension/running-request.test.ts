// What an export sends while the first request still runs.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startOtlpReceiver } from 'local-lambda/otlp/otlp-receiver';
import { toFlatSpans } from 'local-lambda/otlp/flatten';
import { createPipeline } from '../../src/extension/pipeline';
import { init, start } from '../invocation/scenario';
import { recordDiagnostics } from './recorded-diagnostics';

const HOUR_MS = 3_600_000;

it.each([
  ['waits for the end of the request where the SDK can hand something over', true, []],
  ['is exported at once where it cannot', false, ['init', 'initRuntime']],
])('the init %s', async (_, isReceiving, expected) => {
  const folder = mkdtempSync(join(tmpdir(), 'lambda-otlp-running-'));
  const receiver = await startOtlpReceiver();
  const pipeline = createPipeline({
    variables: { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url, TMPDIR: folder },
    registration: { extensionId: 'id' },
    diagnostics: recordDiagnostics(),
    isReceiving,
  });
  const exported = (): string[] =>
    toFlatSpans(receiver.accepted.traces).map(({ span }) => span.name);
  pipeline.accept(JSON.stringify([...init(0), start(1000)]));
  const deadlineMs = Date.now() + HOUR_MS;
  await pipeline.flush(deadlineMs, true);
  expect(exported()).toEqual(expected);
  const unread = { bodies: 0, bytes: 0, records: 0 };
  await pipeline.shutdown({ reason: 'spindown', deadlineMs, unread });
  expect(exported().sort()).toEqual(['init', 'initRuntime', 'orders']);
  await receiver.close();
  rmSync(folder, { recursive: true });
});

// The end of the pipeline where its last export cannot be waited for.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startOtlpReceiver } from 'local-lambda/otlp/otlp-receiver';
import { createPipeline } from '../../src/extension/pipeline';
import { recordDiagnostics } from './recorded-diagnostics';

it('loses what is held, and tells of it once', async () => {
  const receiver = await startOtlpReceiver();
  receiver.respondWith(() => ({ kind: 'hang' }));
  const folder = mkdtempSync(join(tmpdir(), 'lambda-otlp-end-'));
  const diagnostics = recordDiagnostics();
  const pipeline = createPipeline({
    variables: { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url, TMPDIR: folder },
    registration: { extensionId: 'id' },
    diagnostics,
  });
  pipeline.accept('[{"time":"2026-03-02T08:15:00.000Z","type":"function","record":"a line"}]');
  const unread = { bodies: 0, bytes: 0, records: 0 };
  const ended = pipeline.shutdown({
    reason: 'spindown',
    deadlineMs: Date.now() + 900_000,
    unread,
  });
  pipeline.end();
  await ended;
  expect(diagnostics.lines.filter((line) => line.includes('stopped'))).toEqual([
    'warn stopped: some telemetry was not delivered',
  ]);
  await receiver.close();
  rmSync(folder, { recursive: true });
});

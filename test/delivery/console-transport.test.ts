// The console exporter: one line of OTLP/JSON per request.
import { createConsoleTransport } from '../../src/delivery/transport/transport-factory';
import { loadJsonEncoding } from '../../src/delivery/codec/request-builder';
import { toDraft, toItems } from './protobuf/encode';
import { makeSpan, toSpanId } from './signal-items';

it('the console transport writes each request as one line that is OTLP/JSON', async () => {
  const lines: string[] = [];
  const transport = createConsoleTransport((line) => void lines.push(line));
  const encoding = await loadJsonEncoding('traces');
  const items = toItems('traces', [makeSpan(0, 'two\nlines')]);
  const response = await transport.send(encoding.toBody(toDraft(items)), 1_000);
  expect(response.status).toBe('success');
  expect(lines).toHaveLength(1);
  expect(lines[0]?.indexOf('\n')).toBe((lines[0]?.length ?? 0) - 1);
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({
    resourceSpans: [{ scopeSpans: [{ spans: [{ spanId: toSpanId(0), name: 'two\nlines' }] }] }],
  });
});

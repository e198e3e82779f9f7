// OpenTelemetry's own SDKs, instrumented as their Lambda layers do it: every request is one trace with one SERVER span,
// its parents are all there, whoever the caller is and however the SDK hands over.
import { SPAN_KIND } from 'local-lambda/otlp/model';
import { endRuns, finish } from '../scenarios/layer-run';
import { CALLER, CALLERS, runInstrumented } from './instrumented-function';
import { LANGUAGES } from './languages';

afterEach(endRuns);

describe.each(LANGUAGES)('$name', (language) => {
  const cases = language.protocols.flatMap((protocol) =>
    CALLERS.map((caller) => [protocol, caller] as const),
  );
  const test = language.installed === undefined ? it.skip : it;

  test.each(cases)('by %s, %s: one trace with one SERVER span of each request', async (...row) => {
    const [protocol, caller] = row;
    const { run, invoked } = await runInstrumented({ language, protocol, caller });
    const { spans, logs } = await finish(run);
    const servers = spans.filter(({ kind }) => kind === SPAN_KIND.server);
    expect(servers.map(({ plain }) => plain['faas.invocation_id'])).toEqual(
      invoked.map(({ requestId }) => requestId),
    );
    const ids = new Set(spans.map(({ traceId, spanId }) => `${traceId} ${spanId}`));
    const isRoot = ({ traceId, parentSpanId }: (typeof spans)[number]): boolean =>
      !ids.has(`${traceId} ${parentSpanId}`);
    for (const root of spans.filter(isRoot)) {
      expect(servers).toContain(root);
      expect(root.parentSpanId).toBe(caller === 'without a caller' ? '' : CALLER);
    }
    for (const { requestId, traceId } of invoked) {
      const server = servers.find(({ plain }) => plain['faas.invocation_id'] === requestId);
      expect(server?.traceId).toBe(traceId);
      expect(server?.plain['lambda.status']).toBe('success');
      const line = logs.find(
        ({ text, plain }) =>
          ['in the handler', 'in the handler\n'].includes(text as string) &&
          plain['faas.invocation_id'] === requestId,
      );
      expect(line).toMatchObject({ traceId, spanId: server?.spanId });
    }
    expect(spans.filter(({ name }) => name === 'work')).toHaveLength(2);
  });
});

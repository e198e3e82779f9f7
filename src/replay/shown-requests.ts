// `replay --show` and `--ui`: shows the OTLP requests of a replay, as the demo and the local Lambda do.
import { awaitInterruption } from 'local-lambda/cli/until-interrupted';
import { tryDecodeOtlp } from 'local-lambda/otlp/decode';
import type { LogsRequest, MetricsRequest, TraceRequest } from 'local-lambda/otlp/model';
import { startTelemetryPage } from 'local-lambda/page/telemetry-page';
import { chooseWidth } from 'local-lambda/render/choose-width';
import { choosePaint } from 'local-lambda/render/paint';
import { renderTelemetry } from 'local-lambda/render/telemetry';
import type { Signal } from '../relay/item';

export interface ShownRequests {
  add(signal: Signal, request: Uint8Array): void;
  /** Prints them; with a page, resolves at Ctrl-C. */
  show(): Promise<void>;
}

/** `uiPort`: the port of the page, 0 for any free one; if undefined, the requests are printed. */
export async function createShownRequests(uiPort: number | undefined): Promise<ShownRequests> {
  const page = uiPort === undefined ? undefined : await startTelemetryPage({ port: uiPort });
  const traces: TraceRequest[] = [];
  const metrics: MetricsRequest[] = [];
  const logs: LogsRequest[] = [];
  const keep = { traces, metrics, logs };
  return {
    add(signal, request) {
      const decoded = tryDecodeOtlp(signal, Buffer.from(request));
      if (!decoded.ok) throw new Error(`expected a valid OTLP request, got ${decoded.reason}`);
      const { otlp } = decoded;
      if (page === undefined) (keep[signal] as (typeof otlp)[]).push(otlp);
      else page.add({ signal, otlp });
    },
    async show() {
      if (page === undefined) {
        const width = chooseWidth(process.env);
        const paint = choosePaint(process.env, process.stdout.isTTY);
        const text = renderTelemetry(keep, { width, paint });
        process.stdout.write(text === '' ? 'Nothing is exported of these events.\n' : text);
        return;
      }
      process.stderr.write(`${page.url} stays until Ctrl-C\n`);
      const interruption = awaitInterruption();
      await interruption.requested;
      interruption.end();
      await page.close();
    },
  };
}

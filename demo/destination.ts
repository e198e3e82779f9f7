// Where the demo's telemetry goes: the embedded receiver, with or without a page to look at, the user's
// endpoint, or a real Jaeger.
import type { OtlpReceiver } from 'local-lambda/otlp/otlp-receiver';
import { startOtlpReceiver } from 'local-lambda/otlp/otlp-receiver';
import { startTelemetryPage } from 'local-lambda/page/telemetry-page';
import type { TelemetryPage } from 'local-lambda/page/telemetry-page';
import type { DemoArguments } from './arguments';
import { findEngineProblem, startJaeger } from './jaeger';
import type { Jaeger } from './jaeger';

export type Destination = { stop(): Promise<void> } & (
  | {
      readonly kind: 'receiver';
      readonly url: string;
      readonly receiver: OtlpReceiver;
      readonly page: TelemetryPage | undefined;
    }
  | { readonly kind: 'jaeger'; readonly url: string; readonly jaeger: Jaeger }
  /** The user's: its variables are passed on as they are. */
  | { readonly kind: 'endpoint'; readonly url: string }
);

const ENDPOINT_VARIABLE =
  /^(?:LAMBDA_OTLP_)?OTEL_EXPORTER_OTLP_(?:(?:TRACES|METRICS|LOGS)_)?ENDPOINT$/;

/** The endpoint that the user has set, if any. */
export function findEndpoint(
  environment: Readonly<Record<string, string | undefined>>,
): string | undefined {
  return Object.entries(environment).find(
    ([name, value]) => ENDPOINT_VARIABLE.test(name) && (value ?? '').trim() !== '',
  )?.[1];
}

/** Rejects when what was asked for cannot be started. `say`: one line to the user, at once. */
export async function openDestination(
  { jaeger, uiPort }: DemoArguments,
  environment: Readonly<Record<string, string | undefined>>,
  say: (line: string) => void,
): Promise<Destination> {
  if (jaeger) return openJaeger(say);
  if (uiPort !== undefined) return openReceiver(uiPort);
  const endpoint = findEndpoint(environment);
  if (endpoint === undefined) return openReceiver(undefined);
  return { kind: 'endpoint', url: endpoint, stop: () => Promise.resolve() };
}

async function openJaeger(say: (line: string) => void): Promise<Destination> {
  const problem = await findEngineProblem();
  if (problem !== undefined) {
    say(`--jaeger: expected a running docker engine, got: ${problem}`);
    say('showing the built-in page instead');
    return openReceiver(0);
  }
  const jaeger = await startJaeger(say);
  return { kind: 'jaeger', url: jaeger.otlpUrl, jaeger, stop: () => jaeger.stop() };
}

async function openReceiver(uiPort: number | undefined): Promise<Destination> {
  const page = uiPort === undefined ? undefined : await startTelemetryPage({ port: uiPort });
  const receiver = await startOtlpReceiver({ onAccepted: (request) => page?.add(request) });
  const stop = async (): Promise<void> => {
    await receiver.close();
    await page?.close();
  };
  return { kind: 'receiver', url: receiver.url, receiver, page, stop };
}

// Where the demo's telemetry goes: the embedded receiver, the user's endpoint, or a real Jaeger with
// or without a Collector in front of it.
import { startCollector } from '../test/backends/install/collector';
import { startJaeger } from '../test/backends/install/jaeger';
import type { Jaeger } from '../test/backends/install/jaeger';
import type { OtlpReceiver } from 'local-lambda/otlp/otlp-receiver';
import { startOtlpReceiver } from 'local-lambda/otlp/otlp-receiver';
import type { DemoArguments } from './arguments';

export type Destination = { stop(): Promise<void> } & (
  | { readonly kind: 'receiver'; readonly url: string; readonly receiver: OtlpReceiver }
  | { readonly kind: 'jaeger'; readonly url: string; readonly jaeger: Jaeger }
  /** The user's: its variables are passed on as they are. */
  | { readonly kind: 'endpoint'; readonly url: string }
);

const endpointVariable =
  /^(?:LAMBDA_OTLP_)?OTEL_EXPORTER_OTLP_(?:(?:TRACES|METRICS|LOGS)_)?ENDPOINT$/;

/** The endpoint that the user has set, if any. */
export function findEndpoint(
  environment: Readonly<Record<string, string | undefined>>,
): string | undefined {
  return Object.entries(environment).find(
    ([name, value]) => endpointVariable.test(name) && (value ?? '').trim() !== '',
  )?.[1];
}

/** Rejects when a back end that was asked for cannot be installed or started. */
export async function openDestination(
  { jaeger, collector }: DemoArguments,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<Destination> {
  if (jaeger || collector) return openJaeger(collector);
  const endpoint = findEndpoint(environment);
  if (endpoint !== undefined)
    return { kind: 'endpoint', url: endpoint, stop: () => Promise.resolve() };
  const receiver = await startOtlpReceiver();
  return { kind: 'receiver', url: receiver.url, receiver, stop: () => receiver.close() };
}

async function openJaeger(withCollector: boolean): Promise<Destination> {
  const jaeger = await startJaeger();
  if (!withCollector)
    return { kind: 'jaeger', url: jaeger.otlpUrl, jaeger, stop: () => jaeger.stop() };
  try {
    const env = { JAEGER_OTLP_URL: jaeger.otlpUrl };
    const collector = await startCollector({ config: 'jaeger/collector.yaml', env });
    const stop = async (): Promise<void> => {
      await Promise.allSettled([collector.stop(), jaeger.stop()]);
    };
    return { kind: 'jaeger', url: collector.otlpUrl, jaeger, stop };
  } catch (error) {
    await jaeger.stop();
    throw error;
  }
}

// What will be sent where, in words: the URL without credentials, and which variable said so.
import type { Environment } from '../../src/environment';
import type { Signal } from '../../src/delivery/delivery';
import type { ExportConfiguration } from '../../src/delivery/settings/configuration';
import { describeUrl } from '../../src/delivery/settings/endpoint';

export interface Destination {
  readonly signal: Signal;
  /** Undefined: this signal is not exported. */
  readonly url?: string;
  /** The variable that decided, or `default`. */
  readonly from: string;
  /** `http/protobuf`, `gzip`, names of headers, a proxy. */
  readonly how: readonly string[];
}

export const SIGNALS: readonly Signal[] = ['traces', 'metrics', 'logs'];

export function describeDestinations(
  { signals }: ExportConfiguration,
  environment: Environment,
  variables: Readonly<Record<string, string>>,
): readonly Destination[] {
  return SIGNALS.map((signal) => {
    const settings = signals[signal];
    if (settings === undefined) {
      const exporter = `OTEL_${signal.toUpperCase()}_EXPORTER`;
      const from = environment.text(exporter) === undefined ? 'OTEL_SDK_DISABLED' : exporter;
      return { signal, from, how: [] };
    }
    if (settings.exporter === 'console')
      return {
        signal,
        from: `OTEL_${signal.toUpperCase()}_EXPORTER`,
        how: ['printed to the function’s log'],
      };
    const headers = Object.keys(settings.headers);
    return {
      signal,
      url: describeUrl(settings.url),
      from: findSource(signal, variables),
      how: [
        settings.protocol,
        ...(settings.compression === 'gzip' ? ['gzip'] : []),
        ...(headers.length > 0 ? [`headers ${headers.join(', ')}`] : []),
        ...(settings.signing !== undefined
          ? [`signed for ${settings.signing.service} in ${settings.signing.region}`]
          : []),
        ...(settings.proxyUrl !== undefined ? ['through a proxy'] : []),
      ],
    };
  });
}

function findSource(signal: Signal, variables: Readonly<Record<string, string>>): string {
  const own = `OTEL_EXPORTER_OTLP_${signal.toUpperCase()}_ENDPOINT`;
  const general = 'OTEL_EXPORTER_OTLP_ENDPOINT';
  const names = [`LAMBDA_OTLP_${own}`, own, `LAMBDA_OTLP_${general}`, general];
  return names.find((name) => variables[name]?.trim()) ?? 'default';
}

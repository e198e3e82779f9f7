// Says what will be sent where: the URL without credentials, and the variable that sets it.
import type { Environment } from '../../src/environment';
import type { Signal } from '../../src/delivery/delivery';
import type { ExportConfiguration } from '../../src/delivery/settings/configuration';
import { describeUrl } from '../../src/delivery/settings/endpoint';
import { ofSignal } from '../../src/settings';

export interface Destination {
  readonly signal: Signal;
  /** Undefined if this signal is not exported. */
  readonly url?: string;
  /** The variable that decided, or `default`. */
  readonly from: string;
  /** `http/protobuf`, `gzip`, names of headers, a proxy. */
  readonly how: readonly string[];
}

export const SIGNALS: readonly Signal[] = ['traces', 'metrics', 'logs'];
const ENDPOINT = 'OTEL_EXPORTER_OTLP_ENDPOINT';
export const ENDPOINTS = [ENDPOINT, ...SIGNALS.map((signal) => ofSignal(ENDPOINT, signal))];

type Variables = Readonly<Record<string, string>>;

export function describeDestinations(
  { signals }: ExportConfiguration,
  environment: Environment,
  variables: Variables,
): readonly Destination[] {
  const asSet = (name: string): string =>
    variables[`LAMBDA_OTLP_${name}`]?.trim() ? `LAMBDA_OTLP_${name}` : name;
  const isDisabled = environment.read('OTEL_SDK_DISABLED');
  return SIGNALS.map((signal) => {
    const settings = signals[signal];
    const exporter = asSet(`OTEL_${signal.toUpperCase()}_EXPORTER`);
    if (settings === undefined)
      return { signal, from: isDisabled ? asSet('OTEL_SDK_DISABLED') : exporter, how: [] };
    if (settings.exporter === 'console')
      return { signal, from: exporter, how: ['printed to the function’s log'] };
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

/** One endpoint with the prefix hides all endpoints without it; an endpoint that is not a URL is ignored. */
function findSource(signal: Signal, variables: Variables): string {
  const prefix = hasOwnEndpoint(variables) ? 'LAMBDA_OTLP_' : '';
  const names = [ofSignal(ENDPOINT, signal), ENDPOINT].map((name) => prefix + name);
  return names.find((name) => isUsable(variables[name]?.trim() ?? '')) ?? 'default';
}

/** True if an endpoint with the prefix is set, either the general one or that of a signal. */
export function hasOwnEndpoint(variables: Variables): boolean {
  return ENDPOINTS.some((name) => variables[`LAMBDA_OTLP_${name}`]?.trim());
}

function isUsable(url: string): boolean {
  return URL.canParse(url) && /^https?:$/.test(new URL(url).protocol);
}

// Where the telemetry of a run goes, and the variables that say so to function and extensions.
import { startOtlpReceiver } from '../otlp/otlp-receiver';
import type { OtlpReceiver } from '../otlp/otlp-receiver';
import { startTelemetryPage } from '../page/telemetry-page';
import type { TelemetryPage } from '../page/telemetry-page';

type Variables = Readonly<Record<string, string | undefined>>;

export interface TelemetryTargetOptions {
  /** By the command line. */
  readonly given: Readonly<Record<string, string>>;
  /** Of this process. */
  readonly inherited: Variables;
  /** What of it goes on, beside OTEL_*, credentials and proxies. */
  readonly passedOn: RegExp | undefined;
  readonly uiPort: number | undefined;
}

export interface TelemetryTarget {
  readonly environment: Readonly<Record<string, string>>;
  /** Undefined: the user has an endpoint. */
  readonly receiver: OtlpReceiver | undefined;
  readonly page: TelemetryPage | undefined;
  close(): Promise<void>;
}

const ALWAYS_PASSED_ON =
  /^(OTEL_|AWS_(ACCESS_KEY_ID|SECRET_ACCESS_KEY|SESSION_TOKEN|PROFILE)$|HOME$|(HTTPS?|NO)_PROXY$)/i;
/** Also with an extension's own prefix, as lambda-otlp has one. */
const ENDPOINT = /(^|_)OTEL_EXPORTER_OTLP_((TRACES|METRICS|LOGS)_)?ENDPOINT$/;

function toEnvironment(options: TelemetryTargetOptions): Record<string, string> {
  const inherited = Object.entries(options.inherited).filter(
    ([name]) => ALWAYS_PASSED_ON.test(name) || options.passedOn?.test(name) === true,
  );
  return { ...Object.fromEntries(inherited), ...options.given } as Record<string, string>;
}

/** With a page everything goes to it; else to the user's endpoint, if there is one. */
export async function openTelemetryTarget(
  options: TelemetryTargetOptions,
): Promise<TelemetryTarget> {
  const environment = toEnvironment(options);
  // An empty variable is as good as none (OpenTelemetry, "Parsing empty value").
  const endpoints = Object.keys(environment).filter(
    (name) => ENDPOINT.test(name) && environment[name]?.trim() !== '',
  );
  if (endpoints.length > 0 && options.uiPort === undefined) {
    const close = (): Promise<void> => Promise.resolve();
    return { environment, receiver: undefined, page: undefined, close };
  }
  const page =
    options.uiPort === undefined ? undefined : await startTelemetryPage({ port: options.uiPort });
  const receiver = await startOtlpReceiver({ onAccepted: (request) => page?.add(request) });
  const others = Object.entries(environment).filter(([name]) => !ENDPOINT.test(name));
  return {
    environment: { ...Object.fromEntries(others), OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url },
    receiver,
    page,
    async close() {
      await receiver.close();
      await page?.close();
    },
  };
}

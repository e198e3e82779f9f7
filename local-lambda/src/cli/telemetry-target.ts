// Where the telemetry of a run goes, and the variables that tell the function and the extensions.
import { startOtlpReceiver } from '../otlp/otlp-receiver';
import type { OtlpReceiver } from '../otlp/otlp-receiver';
import { startTelemetryPage } from '../page/telemetry-page';
import type { TelemetryPage } from '../page/telemetry-page';

type Variables = Readonly<Record<string, string | undefined>>;

export interface TelemetryTargetOptions {
  /** Variables given on the command line. */
  readonly given: Readonly<Record<string, string>>;
  /** Variables of this process. */
  readonly inherited: Variables;
  /** Names passed on in addition to OTEL_*, credentials and proxies. */
  readonly passedOn: RegExp | undefined;
  readonly uiPort: number | undefined;
}

export interface TelemetryTarget {
  readonly environment: Readonly<Record<string, string>>;
  /** Undefined if the user has set an endpoint. */
  readonly receiver: OtlpReceiver | undefined;
  readonly page: TelemetryPage | undefined;
  /** The variables by which the user's endpoint is set; empty if there is a receiver. */
  readonly endpointVariables: readonly string[];
  close(): Promise<void>;
}

const ALWAYS_PASSED_ON =
  /^(OTEL_|AWS_(ACCESS_KEY_ID|SECRET_ACCESS_KEY|SESSION_TOKEN|PROFILE)$|HOME$|(HTTPS?|NO)_PROXY$)/i;
/** May have a prefix of the extension's own, such as lambda-otlp's. */
const ENDPOINT = /(^|_)OTEL_EXPORTER_OTLP_((TRACES|METRICS|LOGS)_)?ENDPOINT$/;

function toEnvironment(options: TelemetryTargetOptions): Record<string, string> {
  const inherited = Object.entries(options.inherited).filter(
    ([name]) => ALWAYS_PASSED_ON.test(name) || options.passedOn?.test(name) === true,
  );
  return { ...Object.fromEntries(inherited), ...options.given } as Record<string, string>;
}

/** With a page, everything is sent to it; otherwise to the user's endpoint, if there is one. */
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
    return {
      environment,
      receiver: undefined,
      page: undefined,
      endpointVariables: endpoints,
      close,
    };
  }
  const page =
    options.uiPort === undefined ? undefined : await startTelemetryPage({ port: options.uiPort });
  const receiver = await startOtlpReceiver({ onAccepted: (request) => page?.add(request) });
  const others = Object.entries(environment).filter(([name]) => !ENDPOINT.test(name));
  return {
    environment: { ...Object.fromEntries(others), OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url },
    receiver,
    page,
    endpointVariables: [],
    async close() {
      await receiver.close();
      await page?.close();
    },
  };
}

// Whether spans of the function's SDK are joined with ours: not where X-Ray has made segments of the request itself.
import { readEndpoint } from '../delivery/settings/endpoint';
import type { Environment } from '../environment';
import { ReceivedSpans } from '../invocation/received-spans';

const X_RAY_HOST = /^xray(?:-fips)?\./;

/** Undefined: what the SDK hands over leaves as it is (`LAMBDA_OTLP_JOIN=off`). */
export function createReceivedSpans(environment: Environment): ReceivedSpans | undefined {
  if (environment.read('LAMBDA_OTLP_JOIN') === 'off') return undefined;
  const { hostname } = new URL(readEndpoint(environment, 'traces').url);
  return X_RAY_HOST.test(hostname) ? undefined : new ReceivedSpans();
}

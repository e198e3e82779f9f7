// Whether and on which ports the function's SDK may send its telemetry to the extension. The SDK reads the same
// variables as the extension: only those with our prefix are certainly meant for us.
// Source: OpenTelemetry Protocol Exporter, "Endpoint Urls for OTLP/HTTP"; README, "With your OpenTelemetry SDK"
import { isLoopback, toUrl } from '../environment';
import { ENDPOINT, ENDPOINTS, OWN_PREFIX, SIGNAL_NAMES, withSignals } from '../settings';

type Variables = Readonly<Record<string, string | undefined>>;

export interface ReceiverSettings {
  /** Empty if the receiver is off. */
  readonly ports: readonly number[];
  readonly warnings: readonly string[];
  readonly notes: readonly string[];
}

const OTLP_HTTP_PORT = 4318;
const OTLP_GRPC_PORT = 4317;

const SETTING = 'LAMBDA_OTLP_RECEIVER';
const STANDARD_PORTS = [OTLP_HTTP_PORT, OTLP_GRPC_PORT];

type Choice = 'auto' | 'on' | 'off' | number;

/** `hasCollector`: a Collector layer is attached, whose extension exits if its port is in use. */
export function readReceiverSettings(
  variables: Variables,
  hasCollector: boolean,
): ReceiverSettings {
  const seen = variables[SETTING]?.trim() ?? '';
  const choice = parseChoice(seen);
  const warnings =
    choice === undefined
      ? [`${SETTING}: expected auto, on, off or a port, got '${seen}'; using auto`]
      : [];
  const decided = decide(variables, choice ?? 'auto', hasCollector);
  const notes = [...decided.notes];
  if (decided.ports.length > 0 && isSet(variables, 'OTEL_CONFIG_FILE')) {
    notes.push(
      "OTEL_CONFIG_FILE is set: the function's SDK ignores all other OTEL_ variables, and lambda-otlp does not read the file",
    );
  }
  if (decided.ports.length === 0 && followsSdk(variables)) {
    warnings.push(`${SAMPLER}: expected the receiver on beside sdk, got it off; using always_on`);
  }
  return { ports: decided.ports, warnings: [...warnings, ...decided.warnings], notes };
}

const SAMPLER = `${OWN_PREFIX}OTEL_TRACES_SAMPLER`;

function followsSdk(variables: Variables): boolean {
  return (
    (valueOf(variables, SAMPLER) ?? valueOf(variables, 'OTEL_TRACES_SAMPLER'))?.toLowerCase() ===
    'sdk'
  );
}

/** For use without a receiver, since there are no decisions of an SDK to follow then. */
export function withoutSdkSampler(variables: Variables): Variables {
  return followsSdk(variables) ? { ...variables, [SAMPLER]: 'always_on' } : variables;
}

const PROTOCOLS = withSignals('OTEL_EXPORTER_OTLP_PROTOCOL');

/** True if the variables say that the SDK uses gRPC. */
export function expectsGrpc(variables: Variables): boolean {
  return (
    PROTOCOLS.some((name) => isGrpc(variables, name)) ||
    ENDPOINTS.some((name) => isLoopbackAt(valueOf(variables, name) ?? '', [OTLP_GRPC_PORT]))
  );
}

/** Without the protocols that are set for an SDK that sends gRPC to the receiver; they are not for the extension. */
export function withoutSdkProtocols(variables: Variables): Variables {
  const isTheirs = (name: string): boolean => PROTOCOLS.includes(name) && isGrpc(variables, name);
  return Object.fromEntries(Object.entries(variables).filter(([name]) => !isTheirs(name)));
}

function isGrpc(variables: Variables, name: string): boolean {
  return valueOf(variables, name)?.toLowerCase() === 'grpc';
}

function parseChoice(seen: string): Choice | undefined {
  const word = seen.toLowerCase();
  if (word === '') return 'auto';
  if (word === 'auto' || word === 'on' || word === 'off') return word;
  const port = /^\d{1,5}$/.test(word) ? Number(word) : 0;
  return port > 0 && port <= 65_535 ? port : undefined;
}

function decide(variables: Variables, choice: Choice, hasCollector: boolean): ReceiverSettings {
  if (choice === 'off') return off();
  if (choice === 'auto') return decideByEndpoints(variables, hasCollector);
  const ports = choice === 'on' ? STANDARD_PORTS : [choice];
  const own = ownEndpoints(variables).find(([, url]) => isLoopbackAt(url, ports));
  if (own === undefined) return { ports, warnings: [], notes: [] };
  const [name, url] = own;
  return {
    ...off(),
    warnings: [
      `${SETTING}: expected the endpoint of a back end in ${OWN_PREFIX}${name}, got ${url}, which is the receiver itself; the receiver is off`,
    ],
  };
}

function decideByEndpoints(variables: Variables, hasCollector: boolean): ReceiverSettings {
  const elsewhere = ENDPOINTS.find((name) => {
    const url = valueOf(variables, name);
    return url !== undefined && !isLoopbackAt(url, STANDARD_PORTS);
  });
  const hasOwn = ENDPOINTS.some((name) => isSet(variables, OWN_PREFIX + name));
  if (elsewhere !== undefined) {
    return off(
      `the function's SDK, if there is one, sends to ${elsewhere} itself; to relay its telemetry, set ${OWN_PREFIX}${ENDPOINT} instead`,
    );
  }
  if (!hasOwn) return off();
  if (ownEndpoints(variables).some(([, url]) => isLoopbackAt(url, STANDARD_PORTS))) return off();
  if (hasCollector) {
    return off(
      `a Collector layer is attached, which needs port 4318; ${SETTING}=on takes the port all the same`,
    );
  }
  return { ports: STANDARD_PORTS, warnings: [], notes: [] };
}

function off(...notes: readonly string[]): ReceiverSettings {
  return { ports: [], warnings: [], notes };
}

/** An endpoint with the prefix, general or for one signal, hides all endpoints without it. */
function ownEndpoints(variables: Variables): readonly (readonly [string, string])[] {
  const read = (prefix: string): [string, string][] =>
    ENDPOINTS.flatMap((name) => {
      const url = valueOf(variables, prefix + name);
      return url === undefined ? [] : [[name, url] as [string, string]];
    });
  const own = read(OWN_PREFIX);
  const effective = own.length > 0 ? own : read('');
  const isGeneral = effective.some(([name]) => name === ENDPOINT);
  const isComplete = isGeneral || effective.length >= SIGNAL_NAMES.length;
  return isComplete ? effective : [...effective, [ENDPOINT, `http://localhost:${OTLP_HTTP_PORT}`]];
}

function valueOf(variables: Variables, name: string): string | undefined {
  const value = variables[name]?.trim();
  return value === undefined || value === '' ? undefined : value;
}

function isSet(variables: Variables, name: string): boolean {
  return valueOf(variables, name) !== undefined;
}

function isLoopbackAt(text: string, ports: readonly number[]): boolean {
  const url = toUrl(text);
  if (url === undefined || !isLoopback(text)) return false;
  const { protocol, port } = url;
  return ports.includes(port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port));
}

// Validates the body of PUT /2022-07-01/telemetry. Source: AWS "Lambda Telemetry API reference"
// (buffering limits, destination rules), messages and error types as the service answers.
import type { SchemaVersion, TelemetryCategory } from './telemetry-event';

export type Destination =
  | {
      readonly protocol: 'HTTP';
      readonly port: number;
      readonly path: string;
      readonly method: 'POST' | 'PUT';
    }
  | { readonly protocol: 'TCP'; readonly port: number };

export interface Subscription {
  readonly schemaVersion: SchemaVersion;
  readonly types: readonly TelemetryCategory[];
  readonly maxItems: number;
  readonly maxBytes: number;
  readonly timeoutMs: number;
  readonly destination: Destination;
}

export type ParsedSubscription =
  | { readonly ok: true; readonly subscription: Subscription }
  | {
      readonly ok: false;
      readonly status: 400 | 403;
      readonly errorType: string;
      readonly errorMessage: string;
    };

const CATEGORIES: readonly string[] = ['platform', 'function', 'extension'];
const HOSTS = ['sandbox.localdomain', 'sandbox'];

class Refusal extends Error {
  constructor(
    readonly errorType: string,
    message: string,
    readonly status: 400 | 403 = 400,
  ) {
    super(message);
  }
}

type JsonObject = Readonly<Record<string, unknown>>;

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function invalid(message: string): Refusal {
  return new Refusal('Telemetry.ValidationError', message);
}

function undecodable(message: string): Refusal {
  return new Refusal('Telemetry.DeserializationError', message);
}

function oneOf<T extends string>(value: unknown, allowed: readonly T[], field: string): T {
  if (value === undefined) throw undecodable(`missing field \`${field}\``);
  const found = allowed.find((candidate) => candidate === value);
  if (found === undefined) {
    const expected = allowed.map((candidate) => `\`${candidate}\``).join(', ');
    throw undecodable(`unknown variant \`${JSON.stringify(value)}\`, expected one of ${expected}`);
  }
  return found;
}

function toTypes(value: unknown): readonly TelemetryCategory[] {
  if (!Array.isArray(value)) throw undecodable('missing field `types`');
  if (value.length === 0) throw invalid('types should not be empty');
  if (new Set(value).size !== value.length) throw invalid('types should be unique');
  return value.map((type) => oneOf(type, CATEGORIES as readonly TelemetryCategory[], 'types'));
}

function bounded(
  buffering: JsonObject,
  name: string,
  [min, max, fallback]: readonly [number, number, number],
): number {
  const value = buffering[name];
  if (value === undefined) return fallback;
  if (typeof value !== 'number' || !Number.isInteger(value)) {
    throw undecodable(`invalid type for \`${name}\`: expected an integer`);
  }
  if (value < min || value > max) {
    throw invalid(`${name} should be between ${min} and ${max}, got ${value}`);
  }
  return value;
}

function toHttpDestination(destination: JsonObject): Destination {
  const uri = destination['URI'];
  if (typeof uri !== 'string') throw undecodable('missing field `URI`');
  if (!URL.canParse(uri)) throw invalid(`URI is not valid: ${uri}`);
  const { protocol, hostname, port, pathname, search } = new URL(uri);
  if (protocol !== 'http:') {
    throw new Refusal('Telemetry.AccessDenied', `URI scheme should be http, got ${uri}`, 403);
  }
  if (!HOSTS.includes(hostname)) {
    throw new Refusal('Telemetry.AccessDenied', `URI host should be ${HOSTS[0] ?? ''}`, 403);
  }
  if (port === '') throw invalid('URI port is not provided');
  if (destination['encoding'] !== undefined) oneOf(destination['encoding'], ['JSON'], 'encoding');
  return {
    protocol: 'HTTP',
    port: Number(port),
    path: pathname + search,
    method: oneOf(destination['method'] ?? 'POST', ['POST', 'PUT'], 'method'),
  };
}

function toDestination(value: unknown): Destination {
  if (!isObject(value)) throw undecodable('missing field `destination`');
  const protocol = oneOf(value['protocol'], ['HTTP', 'TCP'], 'protocol');
  if (protocol === 'HTTP') return toHttpDestination(value);
  const port = value['port'];
  if (typeof port !== 'number' || !Number.isInteger(port) || port < 1 || port > 65_535) {
    throw undecodable('missing field `port`');
  }
  return { protocol, port };
}

/** `versions`: schema versions that this environment accepts. */
export function parseSubscription(
  body: string,
  versions: readonly SchemaVersion[],
): ParsedSubscription {
  try {
    const request: unknown = JSON.parse(body);
    if (!isObject(request)) throw undecodable('expected an object');
    const buffering = isObject(request['buffering']) ? request['buffering'] : {};
    const subscription: Subscription = {
      schemaVersion: oneOf(request['schemaVersion'], versions, 'schemaVersion'),
      types: toTypes(request['types']),
      maxItems: bounded(buffering, 'maxItems', [1000, 10_000, 10_000]),
      maxBytes: bounded(buffering, 'maxBytes', [262_144, 1_048_576, 262_144]),
      timeoutMs: bounded(buffering, 'timeoutMs', [25, 30_000, 1000]),
      destination: toDestination(request['destination']),
    };
    return { ok: true, subscription };
  } catch (error) {
    const refusal = error instanceof Refusal ? error : undecodable(String(error));
    const { status, errorType, message } = refusal;
    return { ok: false, status, errorType, errorMessage: message };
  }
}

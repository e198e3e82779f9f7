// OTEL_EXPORTER_OTLP_HEADERS: `name=value` pairs as in W3C Baggage, values percent-decoded
// (OTLP exporter specification, "Specifying headers via environment variables"). Values are
// credentials: no warning ever shows them.
import type { Environment } from '../../environment';
import { isFieldName, isFieldValue } from '../../http/message-head';
import { ofSignal } from '../../settings';
import type { Signal } from '../delivery';
import { percentDecoded } from '../settings/endpoint';

/** Headers that the transport sets itself; a wrong value would break every request. */
const RESERVED = new Set([
  'connection',
  'content-encoding',
  'content-length',
  'content-type',
  'host',
  'transfer-encoding',
]);

/** The headers of one signal, with lower-case names: the general ones, overridden name by name. */
export function readHeaders(environment: Environment, signal: Signal): Record<string, string> {
  return {
    ...parseHeaders(environment, 'OTEL_EXPORTER_OTLP_HEADERS'),
    ...parseHeaders(environment, ofSignal('OTEL_EXPORTER_OTLP_HEADERS', signal)),
  };
}

function parseHeaders(environment: Environment, variable: string): Record<string, string> {
  const headers: Record<string, string> = {};
  const seen = environment.text(variable) ?? '';
  const list = withoutQuotes(seen);
  let isQuoted = list !== seen;
  const pairs = list.split(',');
  for (const [index, pair] of pairs.entries()) {
    if (pair.trim() === '') continue;
    const separator = pair.indexOf('=');
    const name = percentDecoded(pair.slice(0, Math.max(separator, 0)).trim()).toLowerCase();
    const written = pair.slice(separator + 1).trim();
    const unquoted = withoutQuotes(written);
    isQuoted ||= unquoted !== written;
    const value = percentDecoded(unquoted);
    const problem = problemOf(name, value);
    if (problem === undefined) headers[name] = value;
    else {
      environment.reject(variable, {
        expected: `name=value pairs separated by commas`,
        seen: `${problem} in pair ${index + 1}, not shown`,
        using: 'the other pairs',
      });
    }
  }
  if (isQuoted) {
    environment.reject(variable, {
      expected: 'name=value pairs without quotes',
      seen: 'quotes around values, not shown',
      using: 'what is between the quotes',
    });
  }
  return headers;
}

/** A shell removes quotes; the form field of a console does not. */
function withoutQuotes(text: string): string {
  return /^(["'])(.*)\1$/s.exec(text)?.[2] ?? text;
}

function problemOf(name: string, value: string): string | undefined {
  if (name === '') return 'no name';
  if (RESERVED.has(name)) return 'a header that the exporter sets itself';
  return isFieldName(name) && isFieldValue(value) ? undefined : 'characters that HTTP forbids';
}

// References to secrets inside header values: `${secretsmanager:<arn or name>#<jsonKey>}` and
// `${ssm:<parameter name>}`. This part only handles text; secrets.ts fetches them and is loaded only when there is one.

export interface SecretReference {
  readonly store: 'secretsmanager' | 'ssm';
  /** The ARN or name, without the JSON key. */
  readonly id: string;
  /** The member of the secret's JSON object (Secrets Manager only). */
  readonly jsonKey?: string;
}

const PATTERN = /\$\{(secretsmanager|ssm):([^}]+)\}/g;

export function hasSecretReference(value: string): boolean {
  return value.search(PATTERN) >= 0;
}

/** Every reference in a value, by its literal text. */
export function findSecretReferences(value: string): ReadonlyMap<string, SecretReference> {
  const found = new Map<string, SecretReference>();
  for (const [literal, store, target = ''] of value.matchAll(PATTERN)) {
    const hash = store === 'secretsmanager' ? target.indexOf('#') : -1;
    found.set(literal, {
      store: store === 'ssm' ? 'ssm' : 'secretsmanager',
      id: (hash < 0 ? target : target.slice(0, hash)).trim(),
      ...(hash >= 0 && { jsonKey: target.slice(hash + 1).trim() }),
    });
  }
  return found;
}

/** Replaces each reference by what `secrets` holds for its literal text. */
export function fillSecretReferences(value: string, secrets: ReadonlyMap<string, string>): string {
  return value.replace(PATTERN, (literal) => secrets.get(literal) ?? literal);
}

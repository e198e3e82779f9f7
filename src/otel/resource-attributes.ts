// OTEL_RESOURCE_ATTRIBUTES: `key=value,key=value`, percent-encoded.
// Source: https://opentelemetry.io/docs/specs/otel/resource/sdk/#specifying-resource-information-via-an-environment-variable
import type { Attributes } from '@opentelemetry/api';
import type { Environment } from '../environment';

const NAME = 'OTEL_RESOURCE_ATTRIBUTES';

/** The decoded attributes. A malformed list costs one warning and is discarded whole, as the specification asks. */
export function readResourceAttributes(environment: Environment): Attributes {
  const text = environment.text(NAME);
  if (text === undefined) return {};
  const attributes: Attributes = {};
  for (const pair of text.split(',')) {
    if (pair.trim() === '') continue;
    const equals = pair.indexOf('=');
    const key = decode(pair.slice(0, Math.max(0, equals)));
    const value = decode(pair.slice(equals + 1));
    if (key === undefined || key === '' || value === undefined) {
      const expected = 'a list of key=value with percent-encoded values';
      environment.reject(NAME, { expected, seen: text, using: 'no attributes' });
      return {};
    }
    attributes[key] = value;
  }
  return attributes;
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text.trim());
  } catch {
    return undefined;
  }
}

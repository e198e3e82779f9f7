// Rules that all three signals share: attributes, values, ids, times, text. A rule says what it found
// where; nothing here throws. Source: comments of opentelemetry-proto's common.proto and trace.proto.
import type { AnyValue, EntityRef, InstrumentationScope, KeyValue, Resource } from './model';

/** Collects violations, each with the place it was found at. */
export interface Findings {
  readonly violations: string[];
}

export function report(findings: Findings, path: string, violation: string): void {
  findings.violations.push(`${path}: ${violation}`);
}

export function checkAttributes(
  findings: Findings,
  path: string,
  attributes: readonly KeyValue[],
): void {
  if (attributes.some(({ key }) => key === '')) report(findings, path, 'attribute key is empty');
  checkKeyValues(findings, path, attributes);
}

/** A map within a value is data, where an empty key is a key (OTel spec, "map<string, AnyValue>"). */
function checkKeyValues(findings: Findings, path: string, attributes: readonly KeyValue[]): void {
  const seen = new Set<string>();
  for (const { key, value, keyStrindex } of attributes) {
    const place = `${path}['${key}']`;
    if (seen.has(key)) report(findings, place, 'attribute key occurs twice');
    if (keyStrindex !== 0) report(findings, place, 'keyStrindex is for profiles only');
    seen.add(key);
    checkText(findings, place, key);
    if (value === undefined) report(findings, place, 'value is missing');
    else checkValue(findings, place, value);
  }
}

/** An empty AnyValue is valid (OTel spec, "AnyValue"): it stands for null. */
export function checkValue(findings: Findings, path: string, value: AnyValue): void {
  if (value.stringValue !== undefined) checkText(findings, path, value.stringValue);
  if (value.doubleValue !== undefined) checkNumber(findings, path, value.doubleValue);
  if (value.stringValueStrindex !== undefined)
    report(findings, path, 'stringValueStrindex is for profiles only');
  if (Object.keys(value).length > 1)
    report(findings, path, `more than one value: ${Object.keys(value).join(', ')}`);
  if (value.kvlistValue !== undefined) checkKeyValues(findings, path, value.kvlistValue.values);
  for (const [index, item] of (value.arrayValue?.values ?? []).entries())
    checkValue(findings, `${path}[${index}]`, item);
}

/** Lone surrogates have no encoding in UTF-8. */
export function checkText(findings: Findings, path: string, text: string): void {
  if (/\p{Surrogate}/u.test(text)) report(findings, path, 'text holds a lone surrogate');
}

export function checkNumber(findings: Findings, path: string, value: number | undefined): void {
  if (value !== undefined && !Number.isFinite(value))
    report(findings, path, `expected a finite number, got ${value}`);
}

/** `bytes` of an id: 16 for a trace, 8 for a span. All zero is invalid (W3C Trace Context). */
export function checkId(
  findings: Findings,
  path: string,
  { id, bytes, required }: { id: string; bytes: 8 | 16; required: boolean },
): void {
  if (id === '' && !required) return;
  if (!/^[0-9a-f]*$/.test(id) || id.length !== bytes * 2)
    report(findings, path, `expected ${bytes} bytes, got '${id}'`);
  else if (/^0+$/.test(id)) report(findings, path, 'id is all zero');
}

/** Epoch nanoseconds after 2000-01-01: earlier is a unit mistaken. */
const EARLIEST_UNIX_NANO = 946_684_800_000_000_000n;

export function checkTime(findings: Findings, path: string, unixNano: string): void {
  if (BigInt(unixNano) < EARLIEST_UNIX_NANO)
    report(findings, path, `expected epoch nanoseconds, got ${unixNano}`);
}

/** Bits of W3C trace flags and, for spans and links, whether the remote parent is known. */
export function checkFlags(
  findings: Findings,
  path: string,
  { flags, allowed }: { flags: number; allowed: number },
): void {
  // >>> 0: flags are unsigned, JavaScript's bit operations are not.
  if ((flags & ~allowed) >>> 0 !== 0)
    report(findings, path, `reserved bits are set in 0x${flags.toString(16)}`);
}

export function checkResource(
  findings: Findings,
  path: string,
  resource: Resource | undefined,
): void {
  if (resource === undefined) {
    report(findings, path, 'resource is missing');
    return;
  }
  checkAttributes(findings, `${path}.attributes`, resource.attributes);
  const serviceName = resource.attributes.find(({ key }) => key === 'service.name');
  // OTel semconv, "Service": the one attribute that every resource has to have.
  if ((serviceName?.value?.stringValue ?? '') === '')
    report(findings, path, 'service.name is missing');
  const keys = new Set(resource.attributes.map(({ key }) => key));
  for (const [index, entity] of resource.entityRefs.entries())
    checkEntityRef(findings, `${path}.entityRefs[${index}]`, { entity, keys });
}

function checkEntityRef(
  findings: Findings,
  path: string,
  { entity, keys }: { entity: EntityRef; keys: ReadonlySet<string> },
): void {
  if (entity.type === '') report(findings, path, 'entity type is empty');
  if (entity.idKeys.length === 0) report(findings, path, 'entity has no id key');
  for (const key of [...entity.idKeys, ...entity.descriptionKeys])
    if (!keys.has(key)) report(findings, path, `entity key '${key}' is no resource attribute`);
}

export function checkScope(
  findings: Findings,
  path: string,
  scope: InstrumentationScope | undefined,
): void {
  if (scope !== undefined) checkAttributes(findings, `${path}.attributes`, scope.attributes);
}

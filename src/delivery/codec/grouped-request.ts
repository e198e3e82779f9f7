// Requests of items that know their resource and scope: spans and log records.
import type { InstrumentationScope } from '@opentelemetry/core';
import type { Resource } from '@opentelemetry/resources';
import { OtlpWriter } from './otlp-writer';

interface Grouped {
  readonly resource: Resource;
  readonly instrumentationScope: InstrumentationScope;
}

/** A request of items that know their resource and scope. */
export function encodeGrouped<T extends Grouped>(
  items: readonly T[],
  bytesPerItem: number,
  write: (writer: OtlpWriter, item: T) => void,
): Uint8Array {
  const writer = new OtlpWriter(items.length * bytesPerItem);
  for (const [resource, scopes] of groupByScope(items)) {
    writer.perResource(resource, () => {
      for (const [scope, own] of scopes) writer.perScope(scope, own, (item) => write(writer, item));
    });
  }
  return writer.finish();
}

/** Items by resource, then by scope, in the order in which each came first. */
function groupByScope<T extends Grouped>(
  items: readonly T[],
): ReadonlyMap<Resource, ReadonlyMap<InstrumentationScope, readonly T[]>> {
  const groups = new Map<Resource, Map<InstrumentationScope, T[]>>();
  for (const item of items) {
    const { resource, instrumentationScope: scope } = item;
    const scopes = groups.get(resource) ?? new Map<InstrumentationScope, T[]>();
    if (scopes.size === 0) groups.set(resource, scopes);
    const own = scopes.get(scope);
    if (own === undefined) scopes.set(scope, [item]);
    else own.push(item);
  }
  return groups;
}

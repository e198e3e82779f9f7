// `spans` of a platform event → children of the span that the event is about.
import type { PlatformSpan } from '../telemetry/event';
import { defined } from '../telemetry/defined';
import type { ChildSpansFact } from './fact';
import type { Sha256Hex, SpanIdentity } from './identity';
import { toChildIdentity } from './identity';

/**
 * Children get their ids from name and ordinal (the how-manieth of that name). `taken`: names that another
 * event of the same parent brought already, which would repeat its spans.
 */
export function toChildSpans(
  parent: SpanIdentity,
  event: { readonly spans?: readonly PlatformSpan[] },
  {
    sha256,
    requestId,
    taken = [],
  }: {
    readonly sha256: Sha256Hex;
    readonly requestId?: string | undefined;
    readonly taken?: readonly PlatformSpan[];
  },
): ChildSpansFact[] {
  const ordinals = new Map<string, number>();
  const children = (event.spans ?? [])
    .filter(({ name }) => !taken.some((other) => other.name === name))
    .map((span) => {
      const ordinal = ordinals.get(span.name) ?? 0;
      ordinals.set(span.name, ordinal + 1);
      return { identity: toChildIdentity(parent, { name: span.name, ordinal }, sha256), span };
    });
  return children.length === 0 ? [] : [{ kind: 'childSpans', children, ...defined({ requestId }) }];
}

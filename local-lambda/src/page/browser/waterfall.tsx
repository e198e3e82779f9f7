// The spans of one request on a common time axis; each opens to its attributes.
import { useMemo, useState } from 'preact/hooks';
import type { PageEvent, PageSpan } from '../page-data';
import { AttributeTable } from './attribute-table';
import { formatDuration, formatOffset } from './format';
import type { Request } from './requests';
import { toWaterfall } from './span-rows';
import type { SpanRow, Waterfall as Axis } from './span-rows';

const PHASES = /^(init|initRuntime|restore)$/;
const SERVER = 2;

function toneOf(span: PageSpan): string {
  if (span.failed) return 'failed';
  if (PHASES.test(span.name)) return 'phase';
  return span.kind === SERVER ? 'server' : 'inner';
}

const percent = (share: number): string => `${(share * 100).toFixed(3)}%`;

function describeEvent({ name, attributes }: PageEvent): string {
  const { 'exception.type': type, 'exception.message': message } = attributes;
  const known = [type, message].filter((part) => part !== undefined && part !== '');
  return name === 'exception' && known.length > 0 ? known.join(': ') : name;
}

function Notes({ span }: { readonly span: PageSpan }) {
  const exceptions = span.events.filter(({ name }) => name === 'exception');
  const told = exceptions.map(describeEvent);
  // The description usually says what the exception says.
  const own =
    span.failed && span.message !== '' && !told.some((text) => text.includes(span.message));
  return (
    <>
      {own && <p class="note failed">{span.message}</p>}
      {exceptions.map((event, index) => (
        <p key={index} class="note failed">
          {describeEvent(event)}
        </p>
      ))}
    </>
  );
}

function SpanDetails({ span, axis }: { readonly span: PageSpan; readonly axis: Axis }) {
  const stack = span.events.map(({ attributes }) => attributes['exception.stacktrace']);
  return (
    <div class="span-details">
      <p class="muted">
        span <code>{span.spanId}</code> · starts {formatOffset(span.startMs - axis.startMs)} · lasts{' '}
        {formatDuration(span.durationMs)}
        {span.scope !== '' && <> · {span.scope}</>}
      </p>
      {span.events.map((event, index) => (
        <p key={index}>
          {formatOffset(event.atMs - axis.startMs)} {describeEvent(event)}
        </p>
      ))}
      {stack.map((text, index) => text !== undefined && <pre key={index}>{String(text)}</pre>)}
      {span.linkedTraceIds.map((traceId) => (
        <p key={traceId}>
          linked to trace <code>{traceId}</code>
        </p>
      ))}
      <AttributeTable caption="Attributes" attributes={span.attributes} />
      <AttributeTable caption="Resource" attributes={span.resource} />
    </div>
  );
}

function Row({
  row,
  axis,
  open,
  onToggle,
}: {
  readonly row: SpanRow;
  readonly axis: Axis;
  readonly open: boolean;
  readonly onToggle: () => void;
}) {
  const { span, depth, left, width } = row;
  const tone = toneOf(span);
  // A label stands behind its bar; where there is no room, before it, or in it.
  const isLate = left + width > 0.72;
  const isInside = isLate && left < 0.28;
  return (
    <li>
      <button class={`span ${tone}`} aria-expanded={open} onClick={onToggle}>
        <span class="span-name" style={{ paddingInlineStart: `${depth * 14}px` }}>
          {tone === 'failed' && <span class="glyph">✖ </span>}
          {span.name}
        </span>
        <span class="track" aria-hidden="true">
          <span
            class={isInside ? 'bar labelled' : 'bar'}
            style={{ left: percent(left), width: percent(width) }}
          >
            {isInside && formatDuration(span.durationMs)}
          </span>
          {!isInside && (
            <span
              class="bar-label"
              style={isLate ? { right: percent(1 - left) } : { left: percent(left + width) }}
            >
              {formatDuration(span.durationMs)}
            </span>
          )}
        </span>
        <span class="visually-hidden">
          {formatDuration(span.durationMs)}, starts {formatOffset(span.startMs - axis.startMs)}
          {span.failed ? ', failed' : ''}
        </span>
      </button>
      <Notes span={span} />
      {open && <SpanDetails span={span} axis={axis} />}
    </li>
  );
}

/** Behind the line its time; at the right edge, where it would be cut, the line alone. */
function Tick({ tickMs, share }: { readonly tickMs: number; readonly share: number }) {
  return <span style={{ left: percent(share) }}>{share <= 0.85 && formatDuration(tickMs)}</span>;
}

export function Waterfall({ request }: { readonly request: Request }) {
  const axis = useMemo(() => toWaterfall(request.spans), [request.spans]);
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set());
  const toggle = (spanId: string): void => {
    const next = new Set(open);
    if (!next.delete(spanId)) next.add(spanId);
    setOpen(next);
  };
  if (axis.rows.length === 0)
    return <p class="empty">The spans of this request are still to come.</p>;
  return (
    <div class="waterfall">
      <div class="ticks" aria-hidden="true">
        <span />
        <span class="track">
          {axis.ticksMs.map((tickMs) => (
            <Tick key={tickMs} tickMs={tickMs} share={tickMs / (axis.durationMs || 1)} />
          ))}
        </span>
      </div>
      <ul>
        {axis.rows.map((row) => (
          <Row
            key={row.span.spanId}
            row={row}
            axis={axis}
            open={open.has(row.span.spanId)}
            onToggle={() => toggle(row.span.spanId)}
          />
        ))}
      </ul>
    </div>
  );
}

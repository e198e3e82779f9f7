// Log lines one below the other; each opens to its attributes.
import { useState } from 'preact/hooks';
import { toReadableError } from '../../render/readable-error';
import type { PageLog } from '../page-data';
import { AttributeTable } from './attribute-table';
import { formatOffset, formatTime, severityOf } from './format';

const SHOWN_AT_FIRST = 500;

function LogLine({
  log,
  sinceMs,
}: {
  readonly log: PageLog;
  readonly sinceMs: number | undefined;
}) {
  const [open, setOpen] = useState(false);
  const severity = severityOf(log.severity);
  const stack = log.attributes['exception.stacktrace'];
  const readable = open ? undefined : toReadableError(log.body, stack);
  const when = sinceMs === undefined ? formatTime(log.atMs) : formatOffset(log.atMs - sinceMs);
  return (
    <li class={`log ${severity}`}>
      <button aria-expanded={open} onClick={() => setOpen(!open)}>
        <time title={new Date(log.atMs).toISOString()}>{when}</time>
        <span class="severity">{severity === 'none' ? '' : severity}</span>
        <span class="origin">{log.scope.split('/').at(-1)}</span>
        <span class="body">{readable ?? log.body}</span>
      </button>
      {open && (
        <div class="span-details">
          {stack !== undefined && <pre>{String(stack)}</pre>}
          <AttributeTable caption="Attributes" attributes={log.attributes} />
        </div>
      )}
    </li>
  );
}

/** `sinceMs`: times count from there; undefined: they are those of the day. The last lines come first. */
export function LogLines({
  logs,
  sinceMs,
}: {
  readonly logs: readonly PageLog[];
  readonly sinceMs?: number | undefined;
}) {
  const [most, setMost] = useState(SHOWN_AT_FIRST);
  if (logs.length === 0) return <p class="empty">No lines.</p>;
  const hidden = logs.length - most;
  return (
    <>
      {hidden > 0 && (
        <button class="more" onClick={() => setMost(most + SHOWN_AT_FIRST)}>
          {hidden} earlier lines
        </button>
      )}
      <ul class="logs">
        {logs.slice(-most).map((log, index) => (
          <LogLine key={`${log.atMs} ${index}`} log={log} sinceMs={sinceMs} />
        ))}
      </ul>
    </>
  );
}

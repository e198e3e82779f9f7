// Telemetry API bodies of many function log lines, as Lambda delivers them: at most 1 MiB each.

export type LineFormat = 'text' | 'json';

const MAX_BODY_BYTES = 1024 * 1024;
const REQUEST_ID = '6f747dcf-d4c8-42fd-a83e-6bd1c2d61eb7';
const MESSAGES = [
  'order accepted, charging the card of the customer',
  'inventory reserved in the warehouse of the nearest region',
  'payment provider answered slowly, going on with the cached rate',
  'receipt was written to the bucket, notification queued for the mail worker',
] as const;

function toRecord(format: LineFormat, index: number, time: string): unknown {
  const message = MESSAGES[index % MESSAGES.length] ?? '';
  if (format === 'text') {
    return `${time}\t${REQUEST_ID}\tINFO\torder=${index} ${message} amount=${index % 997}\n`;
  }
  return {
    timestamp: time,
    level: 'INFO',
    requestId: REQUEST_ID,
    message,
    order: index,
    amount: index % 997,
  };
}

/** The platform.start of the request, then `count` lines of it. */
export function createBodies(format: LineFormat, count: number): readonly Buffer[] {
  const startMs = Date.UTC(2026, 8, 15, 4, 48, 21);
  const start = {
    time: new Date(startMs).toISOString(),
    type: 'platform.start',
    record: { requestId: REQUEST_ID, version: '$LATEST' },
  };
  const bodies: Buffer[] = [];
  let items = [JSON.stringify(start)];
  const brackets = 2;
  let bytes = brackets + (items[0]?.length ?? 0);
  const cut = (): void => {
    if (items.length > 0) bodies.push(Buffer.from(`[${items.join(',')}]`));
    items = [];
    bytes = brackets;
  };
  for (let index = 0; index < count; index += 1) {
    const time = new Date(startMs + Math.floor(index / 10)).toISOString();
    const item = JSON.stringify({ time, type: 'function', record: toRecord(format, index, time) });
    if (bytes + item.length + 1 > MAX_BODY_BYTES) cut();
    items.push(item);
    bytes += item.length + 1;
  }
  cut();
  return bodies;
}

// The page's server: one self-contained document, and a stream of what arrived. On loopback only; what
// it keeps is bounded, the oldest goes first.
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { listenOnLoopback } from '../listen-on-loopback';
import type { ReceivedRequest } from '../otlp/arrivals';
import { toFlatMetrics } from '../otlp/flatten';
import { addMetrics, sortSeries } from '../render/metric-series';
import type { SeriesMap } from '../render/metric-series';
import { toPageLogs, toPageMetric, toPageSpans } from './page-data';
import type { PageBatch, PageLog, PageSpan } from './page-data';
import { loadPage } from './page-document';

export interface TelemetryPage {
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  add(request: Pick<ReceivedRequest, 'signal' | 'otlp'>): void;
  /** What to call the request of this trace. */
  entitle(traceId: string, title: string): void;
  close(): Promise<void>;
}

const MAX_SPANS = 20_000;
const MAX_LOGS = 50_000;

/** Nothing is loaded from another address, whatever a function has logged. */
const SECURITY_HEADERS = {
  'Content-Security-Policy':
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'Cache-Control': 'no-store',
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
};

class Kept {
  readonly #series: SeriesMap = new Map();
  readonly #titles: Record<string, string> = {};
  readonly #spans: PageSpan[] = [];
  readonly #logs: PageLog[] = [];

  /** Keeps the request's items; the message that tells of them. */
  add({ signal, otlp }: Pick<ReceivedRequest, 'signal' | 'otlp'>): PageBatch {
    switch (signal) {
      case 'traces': {
        const spans = toPageSpans(otlp as Parameters<typeof toPageSpans>[0]);
        keep(this.#spans, spans, MAX_SPANS);
        return { spans };
      }
      case 'logs': {
        const logs = toPageLogs(otlp as Parameters<typeof toPageLogs>[0]);
        keep(this.#logs, logs, MAX_LOGS);
        return { logs };
      }
      case 'metrics':
        addMetrics(this.#series, toFlatMetrics([otlp as Parameters<typeof toFlatMetrics>[0][0]]));
        return { metrics: this.#metrics() };
    }
  }

  entitle(traceId: string, title: string): PageBatch {
    this.#titles[traceId] = title;
    return { titles: { [traceId]: title } };
  }

  everything(): PageBatch {
    return {
      fresh: true,
      titles: this.#titles,
      spans: this.#spans,
      logs: this.#logs,
      metrics: this.#metrics(),
    };
  }

  #metrics(): NonNullable<PageBatch['metrics']> {
    return sortSeries(this.#series).map(toPageMetric);
  }
}

function keep<Item>(kept: Item[], more: readonly Item[], most: number): void {
  for (const item of more) kept.push(item);
  if (kept.length > most) kept.splice(0, kept.length - most);
}

function toMessage(batch: PageBatch): string {
  return `data: ${JSON.stringify(batch)}\n\n`;
}

/** Refuses pages of other origins, which a browser may be tricked into opening (DNS rebinding). */
function isLocal({ headers }: IncomingMessage): boolean {
  return /^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/.test(headers.host ?? '');
}

/** Resolves when the page can be opened; rejects when the port is taken. */
export async function startTelemetryPage({
  port,
}: {
  /** 0 means any free port. */
  readonly port: number;
}): Promise<TelemetryPage> {
  const html = await loadPage();
  const kept = new Kept();
  const readers = new Set<ServerResponse>();
  const tell = (batch: PageBatch): void => {
    const message = toMessage(batch);
    for (const reader of readers) reader.write(message);
  };

  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    const path = (request.url ?? '/').split('?')[0];
    if (!isLocal(request) || (path !== '/' && path !== '/stream')) {
      response.writeHead(404, SECURITY_HEADERS).end('Not found: expected GET / on this machine\n');
      return;
    }
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      const allow = { ...SECURITY_HEADERS, Allow: 'GET, HEAD' };
      response.writeHead(405, allow).end('Method not allowed: expected GET or HEAD\n');
      return;
    }
    if (path === '/') {
      const entity = {
        'Content-Type': 'text/html; charset=utf-8',
        'Content-Length': Buffer.byteLength(html),
      };
      // Node leaves the body of an answer to HEAD out.
      response.writeHead(200, { ...SECURITY_HEADERS, ...entity }).end(html);
      return;
    }
    response.writeHead(200, { ...SECURITY_HEADERS, 'Content-Type': 'text/event-stream' });
    if (request.method === 'HEAD') {
      response.end();
      return;
    }
    response.write(toMessage(kept.everything()));
    readers.add(response);
    response.on('close', () => readers.delete(response));
  };

  const server = await listenOnLoopback(createServer(answer), port);
  return {
    url: server.url,
    add: (request) => tell(kept.add(request)),
    entitle: (traceId, title) => tell(kept.entitle(traceId, title)),
    close: () => server.close(),
  };
}

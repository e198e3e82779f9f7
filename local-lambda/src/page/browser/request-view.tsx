// One request: what it was, its spans, its lines beneath.
import { formatDuration, formatTime } from './format';
import { LogLines } from './log-lines';
import type { Request } from './requests';
import { Waterfall } from './waterfall';

function Id({ name, id }: { readonly name: string; readonly id: string }) {
  return (
    <button
      class="id"
      title={`Copy the ${name} id`}
      onClick={() => void navigator.clipboard.writeText(id).catch(() => undefined)}
    >
      {name} <code>{id}</code>
    </button>
  );
}

export function RequestView({ request }: { readonly request: Request }) {
  const { main, failed, error, coldStart, requestId, traceId } = request;
  const status = main === undefined ? 'in progress' : failed ? error : 'success';
  const firstMs = Math.min(request.startMs, ...request.spans.map(({ startMs }) => startMs));
  return (
    <article class="request-view" aria-label={request.title}>
      <header>
        <h2>{request.title}</h2>
        <p class="facts">
          <span class={`badge ${failed ? 'failed' : 'good'}`}>{status}</span>
          {coldStart && <span class="badge cold">cold start</span>}
          {main !== undefined && <strong>{formatDuration(main.durationMs)}</strong>}
          <span class="muted">{formatTime(request.startMs)}</span>
        </p>
        <p class="ids">
          {requestId !== undefined && <Id name="request" id={requestId} />}
          {traceId !== '' && <Id name="trace" id={traceId} />}
        </p>
      </header>
      <section aria-label="Spans">
        <Waterfall key={request.key} request={request} />
      </section>
      <section aria-label="Log lines">
        <h3>
          Logs <span class="count">{request.logs.length}</span>
        </h3>
        <LogLines key={request.key} logs={request.logs} sinceMs={firstMs} />
      </section>
    </article>
  );
}

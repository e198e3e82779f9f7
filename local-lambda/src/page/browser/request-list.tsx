// The requests, newest first, one of them chosen.
import { useEffect, useRef } from 'preact/hooks';
import { formatDuration, formatTime } from './format';
import type { Request } from './requests';

function Row({
  request,
  chosen,
  onChoose,
}: {
  readonly request: Request;
  readonly chosen: boolean;
  readonly onChoose: () => void;
}) {
  const row = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (chosen) row.current?.scrollIntoView({ block: 'nearest' });
  }, [chosen]);
  const { main, failed, coldStart } = request;
  const state = main === undefined ? 'running' : failed ? 'failed' : 'good';
  return (
    <li>
      <button
        ref={row}
        class={`request ${state}`}
        aria-current={chosen ? 'true' : undefined}
        onClick={onChoose}
      >
        <span class="dot" aria-hidden="true">
          {failed ? '✖' : main === undefined ? '◌' : '●'}
        </span>
        <span class="request-title">{request.title}</span>
        <span class="request-duration">{main && formatDuration(main.durationMs)}</span>
        <span class="request-facts">
          {failed && <span class="error-type">{request.error}</span>}
          {coldStart && <span class="badge cold">cold start</span>}
          {main === undefined && <span class="badge">in progress</span>}
          <span class="request-id">{request.requestId ?? request.traceId}</span>
        </span>
        <time class="request-time">{formatTime(request.startMs)}</time>
      </button>
    </li>
  );
}

export function RequestList({
  requests,
  chosenKey,
  onChoose,
}: {
  readonly requests: readonly Request[];
  readonly chosenKey: string | undefined;
  readonly onChoose: (key: string) => void;
}) {
  return (
    <ul class="requests">
      {requests.map((request) => (
        <Row
          key={request.key}
          request={request}
          chosen={request.key === chosenKey}
          onChoose={() => onChoose(request.key)}
        />
      ))}
    </ul>
  );
}

// The page: a list of requests beside the chosen one, all lines, all metrics; one search for each.
import { render } from 'preact';
import { useMemo, useRef, useState } from 'preact/hooks';
import { KEYS, useKeyboard } from './keyboard';
import { LogLines } from './log-lines';
import { MetricsView } from './metrics-view';
import { RequestList } from './request-list';
import { RequestView } from './request-view';
import { matches, matchesRequest } from './requests';
import type { Request, Telemetry } from './requests';
import { useTelemetry } from './telemetry-stream';
import { useTheme } from './theme';

const VIEWS = ['Requests', 'Logs', 'Metrics'] as const;
type View = (typeof VIEWS)[number];

function Summary({ requests }: { readonly requests: readonly Request[] }) {
  const errors = requests.filter(({ failed }) => failed).length;
  const cold = requests.filter(({ coldStart }) => coldStart).length;
  return (
    <p class="summary" aria-live="polite">
      <span>
        <strong>{requests.length}</strong> request{requests.length === 1 ? '' : 's'}
      </span>
      <span class={errors > 0 ? 'has-errors' : ''}>
        <strong>{errors}</strong> error{errors === 1 ? '' : 's'}
      </span>
      <span>
        <strong>{cold}</strong> cold start{cold === 1 ? '' : 's'}
      </span>
    </p>
  );
}

function Help({ onClose }: { readonly onClose: () => void }) {
  return (
    <div class="help" role="dialog" aria-label="Keys">
      <h2>Keys</h2>
      <dl>
        {KEYS.map(([keys, meaning]) => (
          <div key={keys}>
            <dt>
              {keys.split(' ').map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dt>
            <dd>{meaning}</dd>
          </div>
        ))}
      </dl>
      <button onClick={onClose}>Close</button>
    </div>
  );
}

interface Shown extends Telemetry {
  readonly chosen: Request | undefined;
}

function toShown(telemetry: Telemetry, query: string, chosenKey: string | undefined): Shown {
  const requests = telemetry.requests.filter((request) => matchesRequest(query, request));
  return {
    requests,
    logs: telemetry.logs.filter((log) => matches(query, log)),
    metrics: telemetry.metrics.filter((metric) => matches(query, metric)),
    chosen: requests.find(({ key }) => key === chosenKey) ?? requests[0],
  };
}

function RequestsView({
  shown,
  query,
  onChoose,
}: {
  readonly shown: Shown;
  readonly query: string;
  readonly onChoose: (key: string) => void;
}) {
  const { requests, chosen } = shown;
  if (chosen === undefined) {
    return (
      <p class="empty">
        {query === '' ? 'Nothing has arrived yet: invoke the function.' : 'No request matches.'}
      </p>
    );
  }
  return (
    <div class="columns">
      <nav aria-label="Requests">
        <RequestList requests={requests} chosenKey={chosen.key} onChoose={onChoose} />
      </nav>
      <RequestView request={chosen} />
    </div>
  );
}

function Page() {
  const { telemetry, connected } = useTelemetry('stream');
  const [view, setView] = useState<View>('Requests');
  const [query, setQuery] = useState('');
  const [chosenKey, setChosenKey] = useState<string>();
  const [helping, setHelping] = useState(false);
  const [theme, switchTheme] = useTheme();
  const search = useRef<HTMLInputElement>(null);
  const shown = useMemo(() => toShown(telemetry, query, chosenKey), [telemetry, query, chosenKey]);

  const { requests, chosen } = shown;
  const index = chosen === undefined ? -1 : requests.indexOf(chosen);
  const choose = (key: string | undefined): void => {
    if (key === undefined) return;
    setView('Requests');
    setChosenKey(key);
  };
  useKeyboard({
    move: (by) => choose(requests[index + by]?.key),
    nextError() {
      const later = [...requests.slice(index + 1), ...requests.slice(0, index)];
      choose(later.find(({ failed }) => failed)?.key);
    },
    search: () => search.current?.focus(),
    clear() {
      setQuery('');
      setHelping(false);
      search.current?.blur();
    },
    showView: (at) => setView(VIEWS[at] ?? 'Requests'),
    switchTheme,
    help: () => setHelping(!helping),
  });

  return (
    <>
      <header class="top">
        <h1>Local Lambda</h1>
        <span class={`connection ${connected ? 'live' : 'lost'}`} role="status">
          {connected ? 'live' : 'disconnected'}
        </span>
        <Summary requests={telemetry.requests} />
        <div class="views" role="tablist" aria-label="View">
          {VIEWS.map((each) => (
            <button
              key={each}
              role="tab"
              aria-selected={each === view}
              aria-controls="view"
              onClick={() => setView(each)}
            >
              {each}
            </button>
          ))}
        </div>
        <input
          ref={search}
          type="search"
          placeholder="Search: request id, text…  ( / )"
          aria-label="Search"
          value={query}
          onInput={({ currentTarget }) => setQuery(currentTarget.value)}
        />
        <button
          class="quiet"
          onClick={switchTheme}
          aria-label={`Theme: ${theme}`}
          title={`Theme: ${theme}`}
        >
          {theme === 'dark' ? '☾' : theme === 'light' ? '☀' : '◐'}
        </button>
        <button
          class="quiet"
          onClick={() => setHelping(!helping)}
          aria-label="Keys"
          title="Keys (?)"
        >
          ?
        </button>
      </header>
      <main id="view" role="tabpanel" aria-label={view}>
        {view === 'Requests' && <RequestsView shown={shown} query={query} onChoose={choose} />}
        {view === 'Logs' && <LogLines logs={shown.logs} />}
        {view === 'Metrics' && <MetricsView metrics={shown.metrics} />}
      </main>
      {helping && <Help onClose={() => setHelping(false)} />}
    </>
  );
}

const root = document.getElementById('page');
if (root !== null) render(<Page />, root);

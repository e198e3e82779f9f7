// docs/faults.md: the rows of a run, by phase, in the order of the faults.
import { FAULTS } from './fault';
import { PHASES, STRATEGIES } from './matrix-run';
import type { Phase } from './matrix-run';
import type { Finding, Row } from './report';

const INTRODUCTION = `# What a failing endpoint does to function and telemetry

Made by \`npm run test:faults -- --write\`: the built layer in the local Lambda, frozen between invocations,
default budget of 500 ms, three lines per invocation. Every cell is a test; it also checks that the function's answers
are the same as without the extension, that nothing arrives twice (but what hangs at SHUTDOWN, which is sent anew), and
that delivered and dropped add up to what the platform's events make, to the item.

- **delivered**, **dropped**: spans / data points / log records, by the extension's last line. Everything dropped is in the
  exported metrics \`otel.sdk.exporter.*.exported\` under its \`error.type\`, as far as an endpoint was there to take them.
- **failed**: requests that did not succeed, retries among them.
- **post-invoke**: from \`platform.runtimeDone\` to the extension's next poll, under the fault: the longest, and the median
  of the last four of eight invocations. With \`end\` about 25 ms of it are the Telemetry API's batch window.
- **exit**: exit code, and milliseconds from SHUTDOWN (of 2 000, then SIGKILL).
`;

const ABOUT: Readonly<Record<Phase, string>> = {
  'first flush':
    'The endpoint fails from the start, over eight invocations, and is well again for the last one and SHUTDOWN.',
  steady:
    'After two good invocations the endpoint fails over eight, and is well again for the last one and SHUTDOWN.',
  shutdown: 'After two good invocations the endpoint fails during one more and SHUTDOWN, for good.',
};

const HEAD = `| fault | strategy | delivered | failed | dropped | post-invoke ms: longest, settled | exit |
|---|---|---:|---:|---:|---:|---:|`;

const FINDINGS = `## Floods, clocks and neighbours

What is no fault of an endpoint; each a test that checks more than it says here. Exit: code, and milliseconds
from SHUTDOWN; under a flood whoever would measure them is late, but SIGKILL, by a process of its own, is not.

| what came | what became of it |
|---|---|`;

export function toPage(rows: readonly Row[], findings: readonly Finding[]): string {
  const sections = PHASES.map((phase) => {
    const ordered = FAULTS.flatMap(({ name }) =>
      STRATEGIES.flatMap((strategy) =>
        rows.filter(
          (row) => row.phase === phase && row.fault === name && row.strategy === strategy,
        ),
      ),
    );
    return `## ${phase[0]?.toUpperCase() ?? ''}${phase.slice(1)}\n\n${ABOUT[phase]}\n\n${HEAD}\n${ordered.map(toLine).join('\n')}\n`;
  });
  const others = [...findings]
    .sort((one, other) => (one.finding < other.finding ? -1 : 1))
    .map(({ finding, seen }) => `| ${finding} | ${seen} |`);
  return [INTRODUCTION, ...sections, `${FINDINGS}\n${others.join('\n')}\n`].join('\n');
}

function toLine(row: Row): string {
  const counts = ({ traces, metrics, logs }: Row['delivered']): string =>
    `${traces} / ${metrics} / ${logs}`;
  const longest = Math.max(...row.postInvokeMs).toFixed(0);
  const settled = row.phase === 'shutdown' ? '–' : row.settledMs.toFixed(0);
  const exit = `${row.exitCode ?? 'killed'}, ${row.exitMs.toFixed(0)} ms`;
  return `| ${row.fault} | ${row.strategy} | ${counts(row.delivered)} | ${row.failedRequests} | ${counts(row.dropped)} | ${longest}, ${settled} | ${exit} |`;
}

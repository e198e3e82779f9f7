// The tables of README.md, docs/telemetry.md and docs/configuration.md are made of the code, and figures of
// docs/benchmarks.md, so that they cannot drift.
// UPDATE_DOCS=1 rewrites them and fails all the same, so that you look at the difference.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { JAEGER_IMAGE } from '../demo/jaeger';
import { INSTRUMENTS } from '../src/otel/instruments';
import { SETTINGS } from '../src/settings';
import type { Setting, SettingName } from '../src/settings';
import { readTable, writeTable } from './markdown-table';
import type { Rows } from './markdown-table';

const ROOT = join(__dirname, '..');

/** Medians of docs/benchmarks.md: by the row's label, then by the column's. */
const BENCHMARKS = readMedians(readFileSync(join(ROOT, 'docs/benchmarks.md'), 'utf8'));
const OURS = 'lambda-otlp';
const FLOOR = 'minimal-extension';

function readMedians(document: string): ReadonlyMap<string, ReadonlyMap<string, string>> {
  const medians = new Map<string, ReadonlyMap<string, string>>();
  let head: readonly string[] = [];
  for (const line of document.split('\n')) {
    const cells = line.split('|').map((cell) => cell.trim());
    const [, label = '', ...values] = cells;
    if (!line.startsWith('|')) continue;
    if (label === '') head = values;
    else if (!/^-+$/.test(label)) {
      medians.set(label, new Map(values.map((value, at) => [head[at] ?? '', toMedian(value)])));
    }
  }
  return medians;
}

/** `3.34 ms (2.52–4.06)` → `3.34 ms` */
function toMedian(cell: string): string {
  return cell.replace(/ \(.*/, '');
}

function medianOf(label: string, subject: string): string {
  const median = BENCHMARKS.get(label)?.get(subject);
  if (median === undefined) throw new Error(`docs/benchmarks.md: expected a row '${label}'`);
  return median;
}

function toFigureRow([title, label]: readonly [string, string]): readonly string[] {
  const ours = medianOf(label, OURS);
  const floor = BENCHMARKS.get(label)?.get(FLOOR) ?? '';
  const ratio = parseFloat(ours) / parseFloat(floor);
  const isRatio = Number.isFinite(ratio) && ratio > 0;
  return [title, ours, isRatio ? floor : '', isRatio ? `${ratio.toFixed(2)} ×` : ''];
}

const FIGURES: Rows = (
  [
    ['spawn → registered, which Lambda waits for', 'spawn → registered'],
    ['spawn → first `/event/next`, while the runtime starts', 'spawn → first /event/next'],
    [
      '`runtimeDone` delivered → `/event/next`, `end`',
      'runtimeDone delivered → /event/next, `end`',
    ],
    [
      'the same, `overlap` and `adaptive` under load',
      'runtimeDone delivered → /event/next, `adaptive`, one after the other',
    ],
    ['the same, with an endpoint that is known to be down', 'refused: later ones'],
    [
      'CPU per invocation, 2 log lines, exported each, `adaptive`',
      'CPU per invocation, 2 log lines, exported each, `adaptive`',
    ],
    ['the same, `end`', 'CPU per invocation, 2 log lines, exported each, `end`'],
    ['anonymous memory after 20 invocations', 'anonymous memory after 20 invocations'],
    ['the same after 1,000', 'anonymous memory after 1,000'],
    ['layer for Node.js runtimes, zipped', 'layer for Node.js runtimes, zip'],
  ] as const
).map(toFigureRow);

const HOLDS: Rows = (
  [
    ['http, local', 'http, local'],
    ['https, local', 'https, local'],
    ['https, 30 ms away, invocations back to back', 'https, 30 ms away, back to back'],
    ['https, 30 ms away, a new connection each time', 'https, 30 ms away, rarely'],
    ['http, local, function of 256 MB', 'http, 256 MB'],
    ['http, local, function of 128 MB', 'http, 128 MB'],
  ] as const
).map(([title, label]) => [
  title,
  ...['first', 'second', 'later ones'].map((which) => medianOf(`${label}: ${which}`, OURS)),
]);

/** The ones that a first page needs. */
const SETTINGS_THAT_MATTER: readonly SettingName[] = [
  'OTEL_EXPORTER_OTLP_ENDPOINT',
  'OTEL_EXPORTER_OTLP_HEADERS',
  'OTEL_SERVICE_NAME',
  'LAMBDA_OTLP_FLUSH',
  'LAMBDA_OTLP_LOG_LEVEL',
];

const INSTRUMENT_KINDS = {
  counter: 'counter',
  upDownCounter: 'up-down counter',
  histogram: 'histogram',
};

function describeName(name: string, { perSignal }: Setting): string {
  if (perSignal !== true) return `\`${name}\``;
  const ofSignals = name.replace(
    'OTEL_EXPORTER_OTLP_',
    'OTEL_EXPORTER_OTLP_{TRACES,METRICS,LOGS}_',
  );
  return `\`${name}\`, \`${ofSignals}\``;
}

function describeValues(setting: Setting): string {
  switch (setting.kind) {
    case 'text':
      return 'text';
    case 'list':
      return 'words separated by commas';
    case 'flag':
      return '`true`, `false`';
    case 'choice':
      return setting.choices.map((choice) => `\`${choice}\``).join(', ');
    case 'number': {
      const { min, max, isFraction } = setting;
      const kind = isFraction === true ? 'number' : 'whole number';
      return max === undefined ? `${kind} ≥ ${min}` : `${kind} from ${min} to ${max}`;
    }
  }
}

function describeDefault(setting: Setting): string {
  if (setting.shownDefault !== undefined) return setting.shownDefault;
  if (setting.default === undefined) return '';
  const text = String(setting.default);
  return text === '' ? '' : `\`${text}\``;
}

const settings = Object.entries<Setting>(SETTINGS);

const rowsOf = (prefix: string): Rows =>
  settings
    .filter(([name]) => name.startsWith(prefix))
    .map(([name, setting]) => [
      describeName(name, setting),
      describeValues(setting),
      describeDefault(setting),
      setting.text,
      setting.since,
    ]);

describe.each<{ readonly document: string; readonly table: string; readonly rows: Rows }>([
  {
    document: 'docs/telemetry.md',
    table: 'metrics',
    rows: INSTRUMENTS.map(({ name, kind, unit, description, attributes = [] }) => [
      `\`${name}\``,
      INSTRUMENT_KINDS[kind],
      `\`${unit}\``,
      description,
      attributes.map((attribute) => `\`${attribute}\``).join(', '),
    ]),
  },
  {
    document: 'README.md',
    table: 'settings',
    rows: SETTINGS_THAT_MATTER.map((name) => {
      const setting: Setting = SETTINGS[name];
      return [`\`${name}\``, describeDefault(setting), setting.text];
    }),
  },
  { document: 'README.md', table: 'holds', rows: HOLDS },
  { document: 'README.md', table: 'figures', rows: FIGURES },
  { document: 'docs/configuration.md', table: 'own settings', rows: rowsOf('LAMBDA_OTLP_') },
  { document: 'docs/configuration.md', table: 'specification', rows: rowsOf('OTEL_') },
])('$document', ({ document, table, rows }) => {
  it(`has the table of ${table} that its source has`, () => {
    const file = join(ROOT, document);
    const seen = readFileSync(file, 'utf8');
    if (process.env['UPDATE_DOCS'] === '1') {
      writeFileSync(file, writeTable(seen, table, rows));
      const prettier = join(ROOT, 'node_modules/prettier/bin/prettier.cjs');
      execFileSync(process.execPath, [prettier, '--write', file]);
    }
    expect(readTable(seen, table)).toEqual(rows);
  });
});

it.each(['README.md', 'attach/README.md'])('%s lets npx run the installed package only', (file) => {
  const commands = readFileSync(join(ROOT, file), 'utf8').match(/npx [^`|]*\blambda-otlp\b/g);
  expect(new Set(commands)).toEqual(new Set(['npx --no-install lambda-otlp']));
});

describe('what README.md says of versions', () => {
  const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
  const readme = read('README.md');

  it('is the Node.js that the package asks for', () => {
    const { engines } = JSON.parse(read('package.json')) as { readonly engines: { node: string } };
    expect(readme).toContain(`Node ${engines.node.replace('>=', '≥ ')} and npm`);
  });

  it('is the Node.js that the start script takes', () => {
    const oldest = /≥ (\d+)\.(\d+)\)/.exec(readme);
    expect(read('layer/lambda-otlp.sh')).toContain(`${oldest?.[1]}.${oldest?.[2]}`);
  });

  it('is nowhere younger than a template\u2019s runtime', () => {
    const templates = ['sam/template.yaml', 'serverless/serverless.yml', 'cdk/sample-stack.ts'];
    const majors = templates.flatMap((file) =>
      [...read(`layer/templates/${file}`).matchAll(/nodejs(\d+)|NODEJS_(\d+)/gi)].map(
        ([, yaml, code]) => Number(yaml ?? code),
      ),
    );
    expect(majors.length).toBeGreaterThan(0);
    expect(Math.min(...majors)).toBeGreaterThanOrEqual(18);
  });

  it('and the Jaeger of the demo is that of the Collector configurations', () => {
    expect(read('collector-config/docker-compose.yaml')).toContain(`image: ${JAEGER_IMAGE}`);
    const version = /:(\d+\.\d+)/.exec(JAEGER_IMAGE)?.[1];
    expect(read('collector-config/README.md')).toContain(`Jaeger ${version}`);
  });
});

// The README's tables are compared with the code, so that they cannot drift. UPDATE_README=1 rewrites the
// table of metrics (format it then) and fails all the same.
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { INSTRUMENTS } from '../src/otel/instruments';

const root = join(__dirname, '..');
const file = join(root, 'README.md');
const readme = readFileSync(file, 'utf8');

const kinds = { counter: 'counter', upDownCounter: 'up-down counter', histogram: 'histogram' };

const TABLE = /(<!-- test\/readme[^\n]*-->\n\n)([^]*?)(\n\n### Logs)/;

const expectedRows = INSTRUMENTS.map(({ name, kind, unit, description }) => [
  `\`${name}\``,
  kinds[kind],
  `\`${unit}\``,
  description,
]);

/** The cells of a Markdown table, without its head. */
function rowsOf(table: string): string[][] {
  const lines = table.split('\n').slice(2);
  return lines
    .map((line) => line.split('|').slice(1, -1))
    .map((row) => row.map((cell) => cell.trim()));
}

function sources(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return entry.name === 'local' ? [] : sources(path);
    return entry.name.endsWith('.ts') ? [readFileSync(path, 'utf8')] : [];
  });
}

describe('README', () => {
  it('lists every metric with its instrument, unit and description', () => {
    const table = TABLE.exec(readme)?.[2] ?? '';
    if (process.env['UPDATE_README'] === '1') {
      const rows = expectedRows.map((row) => `| ${row.join(' | ')} |`).join('\n');
      const head = '| metric | instrument | unit | description |\n| --- | --- | --- | --- |\n';
      writeFileSync(
        file,
        readme.replace(
          TABLE,
          (_, before: string, __, after: string) => before + head + rows + after,
        ),
      );
    }
    expect(rowsOf(table)).toEqual(expectedRows);
  });

  it('names every variable of our own that the extension reads', () => {
    const internal = /LAMBDA_OTLP_(EXTENSION_|REGISTRATION|REGISTERED_US|SPAWNED_US|OTEL_X)/;
    const read = sources(join(root, 'src'))
      .flatMap((source) => source.match(/LAMBDA_OTLP_[A-Z0-9_]*[A-Z0-9]/g) ?? [])
      .filter((name) => !internal.test(name));
    const written = readme.replaceAll('`…_MAX_', '`LAMBDA_OTLP_TELEMETRY_MAX_');
    expect([...new Set(read)].filter((name) => !written.includes(name))).toEqual([]);
  });
});

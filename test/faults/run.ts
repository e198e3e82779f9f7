// `npm run test:faults`: the built layer under every fault, under a second, independent Lambda, and under load.
// `--write` renews docs/faults.md, `--long` makes the soak long; what else is given goes to jest.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { hostLayer } from '../host/host-layer';
import requireLayer from '../host/require-layer';
import type { Finding, Row } from './report';
import { toPage } from './page';

const ROOT = path.resolve(__dirname, '..', '..');
const OWN_ARGUMENTS = ['--write', '--long', '--host'];
const USAGE = `npm run test:faults -- [--write] [--long] [--host] [jest options]
  --write  renew docs/faults.md from this run
  --host   the layer with the native host, which \`npm run build -- --standalone\` made, instead of that for Node.js
  --long   soak with 5 000 invocations instead of 400
LAMBDA_OTLP_LAYER=DIR: test the layer unpacked there instead of the one built now.
`;

function readRows(file: string): readonly (Row | Finding)[] {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'utf8').trim().split('\n');
  return lines.map((line) => JSON.parse(line) as Row | Finding);
}

async function writePage(rows: readonly (Row | Finding)[]): Promise<void> {
  const { format, resolveConfig } = await import('prettier');
  const file = path.join(ROOT, 'docs/faults.md');
  const text = toPage(
    rows.filter((row) => 'fault' in row),
    rows.filter((row) => 'finding' in row),
  );
  writeFileSync(file, await format(text, { ...(await resolveConfig(file)), parser: 'markdown' }));
}

async function main(args: readonly string[]): Promise<number> {
  if (args.includes('--help')) {
    process.stderr.write(USAGE);
    return 0;
  }
  const isLong = args.includes('--long');
  const isHost = args.includes('--host');
  if (isHost && args.includes('--write')) {
    process.stderr.write('--write: expected the layer for Node.js, whose page docs/faults.md is\n');
    return 2;
  }
  if (isHost) requireLayer();
  const rest = args.filter((arg) => !OWN_ARGUMENTS.includes(arg));
  const folder = mkdtempSync(path.join(tmpdir(), 'lambda-otlp-faults-'));
  const rowsFile = path.join(folder, 'rows.ndjson');
  const { status } = spawnSync(
    path.join(ROOT, 'node_modules', '.bin', 'jest'),
    ['--config', path.join(__dirname, 'jest.config.ts'), ...rest],
    {
      cwd: ROOT,
      stdio: 'inherit',
      env: {
        ...process.env,
        LAMBDA_OTLP_FAULTS_ROWS: rowsFile,
        LAMBDA_OTLP_FAULTS_LONG: String(isLong),
        ...(isHost && { LAMBDA_OTLP_LAYER: hostLayer }),
      },
    },
  );
  const rows = readRows(rowsFile);
  rmSync(folder, { recursive: true });
  const failed = status !== 0;
  if (args.includes('--write') && failed) {
    process.stderr.write('docs/faults.md is left as it is: not every promise held.\n');
  } else if (args.includes('--write')) {
    await writePage(rows);
  }
  return status ?? 1;
}

main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  },
);

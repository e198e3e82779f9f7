// `npm run demo:picture`: runs the demo and draws what it printed, in extracts, to docs/demo.svg. A
// picture of a run that failed is not made.
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { toTerminalSvg } from 'local-lambda/render/terminal-svg';

const project = resolve(__dirname, '..');
const target = resolve(project, 'docs/demo.svg');
const columns = 118;

/** Sections of the demo's output that the picture shows, by title, and how many lines of each. */
const shown: readonly (readonly [RegExp, number])[] = [
  [/^request [15]:/, 40],
  [/^metrics/, 22],
  [/^logs/, 12],
  [/^checks/, 40],
];

const sgr = /\u001b\[[\d;]*m/g;

/** Extracts of the output: a row of dots stands for what is left out. */
function toExtracts(output: string): string {
  const lines = output.trimEnd().split('\n');
  const extracts: string[] = [];
  let left = 40;
  for (const line of lines) {
    const title = /^── (.*?) ─+$/.exec(line.replace(sgr, ''))?.[1];
    if (title !== undefined) left = shown.find(([pattern]) => pattern.test(title))?.[1] ?? 0;
    if (left > 0) extracts.push(line);
    else if (extracts.at(-1) !== '  ⋯') extracts.push('  ⋯');
    left -= 1;
  }
  return extracts.join('\n');
}

const demo = spawnSync('npm', ['run', '--silent', 'demo'], {
  cwd: project,
  encoding: 'utf8',
  env: { ...process.env, FORCE_COLOR: '1', NO_COLOR: '', COLUMNS: String(columns) },
});
if (demo.status === 0) {
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(
    target,
    toTerminalSvg(toExtracts(`$ npm run demo\n${demo.stdout}`), 'npm run demo'),
  );
  console.log(`wrote ${target}`);
} else {
  console.error(
    `npm run demo: expected exit code 0, got ${demo.status ?? demo.signal ?? ''}; no picture was made`,
  );
  console.error(demo.stdout + demo.stderr);
  process.exitCode = 1;
}

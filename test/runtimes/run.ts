// `npm run test:runtimes [LANGUAGE…]`: what goes wrong in a function, in each language's own runtime client,
// under the local Lambda with the built layer; the table goes to docs/runtimes.md, where the rows of languages
// that were not run stay. Exits 1 when a case does not look right.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { ensureBuiltLayer } from '../../layer/built-layer';
import { copySources, LANGUAGES } from './languages';
import { runCase } from './run-case';
import type { CaseResult } from './run-case';

const DOCUMENT = resolve(__dirname, '../../docs/runtimes.md');

const HEAD = `# What goes wrong, by runtime

Each language's own runtime client under the local Lambda with the layer, made by \`npm run test:runtimes\`. Every case is a second request to a warm environment; a handler in Python or Java has no way to return an error. "Lambda says" is the status of \`platform.runtimeDone\`; Lambda calls a handler that throws a success.

| runtime | case | Lambda says | span | metrics | lines at ERROR |
| ------- | ---- | ----------- | ---- | ------- | -------------- |
`;

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');

function toRow(language: string, { name, lambda, span, metrics, errorLines }: CaseResult): string {
  const cells = [language, name, lambda, span, metrics.join('<br>'), String(errorLines)];
  return `| ${cells.map(cell).join(' | ')} |`;
}

/** Rows in the order of the languages; those of a language that was not run are kept. */
function writeDocument(rows: readonly string[]): void {
  const isOf = (name: string) => (row: string) => row.startsWith(`| ${name} |`);
  const known = existsSync(DOCUMENT) ? readFileSync(DOCUMENT, 'utf8').split('\n') : [];
  const lines = LANGUAGES.flatMap(({ name }) => {
    const fresh = rows.filter(isOf(name));
    return fresh.length > 0 ? fresh : known.filter(isOf(name));
  });
  writeFileSync(DOCUMENT, `${HEAD}${lines.join('\n')}\n`);
}

async function main(wanted: readonly string[]): Promise<number> {
  const extensionsDir = join(ensureBuiltLayer(), 'extensions');
  const folder = mkdtempSync(join(tmpdir(), 'runtimes-'));
  const rows: string[] = [];
  const skipped: string[] = [];
  const problems: string[] = [];
  const chosen = LANGUAGES.filter(({ name }) => wanted.length === 0 || wanted.includes(name));
  for (const language of chosen) {
    try {
      console.log(`${language.name}: building`);
      const runtime = language.build(copySources(language, folder));
      for (const name of language.cases) {
        const result = await runCase({ language, runtime, extensionsDir, name });
        rows.push(toRow(language.name, result));
        console.log(rows.at(-1));
        problems.push(...result.problems.map((text) => `${language.name}, ${name}: ${text}`));
      }
    } catch (error) {
      skipped.push(`${language.name} SKIPPED: ${(error as Error).message}`);
      console.error(skipped.at(-1));
    }
  }
  rmSync(folder, { recursive: true, force: true });
  writeDocument(rows);
  for (const problem of problems) console.error(problem);
  console.log(
    `${rows.length - problems.length} passed, ${problems.length} failed, ${skipped.length} skipped`,
  );
  return problems.length === 0 ? 0 : 1;
}

main(process.argv.slice(2)).then(
  (code) => (process.exitCode = code),
  (error: unknown) => {
    console.error(error);
    process.exitCode = 1;
  },
);

// `npm pack` runs this: dist/ with the command, the library, the runtime's files and the page, each built.
import { copyFileSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = dirname(fileURLToPath(import.meta.url));
const dist = join(root, 'dist');
const runtime = join(root, 'src/lambda');

rmSync(dist, { recursive: true, force: true });
mkdirSync(dist);
await build({
  entryPoints: { index: join(root, 'src/index.ts'), cli: join(root, 'src/cli/main.ts') },
  outdir: dist,
  bundle: true,
  platform: 'node',
  target: 'node20.6',
  // Handlers in TypeScript are compiled on the user's machine.
  external: ['esbuild'],
  logLevel: 'warning',
});
for (const file of readdirSync(runtime).filter((name) => name.endsWith('.mjs'))) {
  copyFileSync(join(runtime, file), join(dist, file));
}
createRequire(import.meta.url)('esbuild-register');
const { buildPage } = createRequire(import.meta.url)('./src/page/page-document.ts');
writeFileSync(join(dist, 'page.html'), await buildPage());
copyFileSync(join(root, '../LICENSE'), join(root, 'LICENSE'));

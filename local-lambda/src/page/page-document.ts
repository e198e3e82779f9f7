// The page as one HTML text. A package carries it built; from the sources esbuild makes it at the start.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Beside the built program. */
const BUILT = join(__dirname, 'page.html');
const BROWSER = join(__dirname, 'browser');

/** `</script` inside a string would end the element. */
function toInlineScript(code: string): string {
  return code.replaceAll('</script', '<\\/script');
}

export async function buildPage(): Promise<string> {
  const { build, stop } = await import('esbuild');
  const { outputFiles } = await build({
    entryPoints: [join(BROWSER, 'main.tsx'), join(BROWSER, 'page.css')],
    outdir: '/page',
    write: false,
    bundle: true,
    minify: true,
    format: 'iife',
    target: 'es2022',
    jsx: 'automatic',
    jsxImportSource: 'preact',
    logLevel: 'silent',
    tsconfigRaw: {},
  });
  await stop();
  const textOf = (extension: string): string =>
    outputFiles.find(({ path }) => path.endsWith(extension))?.text ?? '';
  const skeleton = readFileSync(join(BROWSER, 'page.html'), 'utf8');
  return skeleton
    .replace('/* page.css */', () => textOf('.css'))
    .replace('/* main.tsx */', () => toInlineScript(textOf('.js')));
}

export async function loadPage(): Promise<string> {
  return existsSync(BUILT) ? readFileSync(BUILT, 'utf8') : buildPage();
}

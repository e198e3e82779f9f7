// A program of the bench, bundled with the options of the layer's own bundle, so that it runs the same code.
import { basename, join, resolve } from 'node:path';
import { build } from 'esbuild';

/** `program`: a TypeScript file below bench/. Answers the path of the bundle in `folder`. */
export async function bundleAsLayer(program: string, folder: string): Promise<string> {
  const outfile = join(folder, `${basename(program, '.ts')}.js`);
  await build({
    entryPoints: [resolve(__dirname, program)],
    outfile,
    bundle: true,
    minify: true,
    platform: 'node',
    format: 'cjs',
    target: 'node18',
    mainFields: ['module', 'main'],
    supported: { 'dynamic-import': false },
    logLevel: 'error',
  });
  return outfile;
}

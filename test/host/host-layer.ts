// Where the layer with the native host is, and programs that run on it without Lambda.
import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { buildSync } from 'esbuild';

const architecture = process.arch === 'arm64' ? 'arm64' : 'x86_64';

/** As Lambda unpacks it to /opt. LAMBDA_OTLP_HOST_LAYER: another one than `npm run build -- --standalone` makes. */
export const hostLayer = resolve(
  process.env['LAMBDA_OTLP_HOST_LAYER'] ?? join(__dirname, `../../build/layer-${architecture}`),
);
export const hostProgram = join(hostLayer, 'extensions/lambda-otlp');

/** Makes program.qbc of a CommonJS program, and what it needs beside it. */
export function compileOnHost(folder: string, source: string): void {
  writeFileSync(join(folder, 'program.js'), source);
  execFileSync(hostProgram, ['compile', join(folder, 'program.js'), join(folder, 'program.qbc')]);
  copyFileSync(join(hostLayer, 'lambda-otlp/shim.qbc'), join(folder, 'shim.qbc'));
}

/** Standard output of a CommonJS program on the host. @throws with its standard error when it fails. */
export function runOnHost(source: string, input = ''): string {
  const folder = mkdtempSync(join(tmpdir(), 'host-program-'));
  try {
    compileOnHost(folder, source);
    writeFileSync(join(folder, 'input'), input);
    const { status, stdout, stderr } = spawnSync(hostProgram, ['run', folder, 'program'], {
      encoding: 'utf8',
      env: { INPUT: join(folder, 'input') },
      timeout: 60_000,
      maxBuffer: 256 * 1024 * 1024,
    });
    if (status === 0) return stdout;
    throw new Error(`expected status 0, got ${String(status)}: ${stderr}`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The same program under Node.js. */
export function runOnNode(source: string, input = ''): string {
  const folder = mkdtempSync(join(tmpdir(), 'node-program-'));
  try {
    writeFileSync(join(folder, 'program.cjs'), source);
    writeFileSync(join(folder, 'input'), input);
    return execFileSync(process.execPath, [join(folder, 'program.cjs')], {
      encoding: 'utf8',
      env: { INPUT: join(folder, 'input') },
      maxBuffer: 256 * 1024 * 1024,
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A program in TypeScript that imports from ./src, put together as the layer's bundle is. */
export function bundleProgram(contents: string): string {
  const { outputFiles } = buildSync({
    stdin: { contents, resolveDir: resolve(__dirname, '../..'), loader: 'ts' },
    bundle: true,
    write: false,
    format: 'cjs',
    platform: 'node',
    target: 'node18',
    mainFields: ['module', 'main'],
    supported: { 'dynamic-import': false },
    tsconfigRaw: { compilerOptions: { useDefineForClassFields: false } },
  });
  return outputFiles[0]?.text ?? '';
}

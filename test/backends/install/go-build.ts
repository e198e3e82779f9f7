// Builds servers that are published as Go modules. `go install module@version` refuses a module with `replace`
// lines, so such a module is built from a throw-away wrapper that takes over the release's own go.mod and go.sum:
// the same dependency versions as the release, each verified by the checksum database.
import { spawnSync } from 'node:child_process';
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { runCommand } from './run-command';

export interface GoModule {
  readonly module: string;
  readonly version: string;
  /** Import path of the main package. */
  readonly mainPackage: string;
  /** Name of the executable. */
  readonly binary: string;
  readonly ldflags?: string;
  readonly tags?: string;
}

/** Said instead of starting a build on a machine without Go; callers skip loudly on it. */
export class GoMissingError extends Error {
  override readonly name = 'GoMissingError';
  constructor(what: string) {
    super(
      `${what} is built from its Go module, and no \`go\` is on PATH; expected Go 1.26 or newer ` +
        '(https://go.dev/dl/). Nothing was installed.',
    );
  }
}

export function goVersion(env: NodeJS.ProcessEnv = process.env): string | undefined {
  const result = spawnSync('go', ['env', 'GOVERSION'], { encoding: 'utf8', env });
  return result.status === 0 ? result.stdout.trim() : undefined;
}

export function assertGo(what: string, env?: NodeJS.ProcessEnv): void {
  if (goVersion(env) === undefined) throw new GoMissingError(what);
}

/** Static executables that do not depend on the checkout's own Go workspace. */
export const GO_ENVIRONMENT = { CGO_ENABLED: '0', GOWORK: 'off' } as const;

/** Builds `source.binary` into `outDir` through a wrapper module with the release's own dependency versions. */
export async function buildWrapped(source: GoModule, outDir: string): Promise<void> {
  const workDir = path.join(outDir, 'wrapper');
  await mkdir(workDir, { recursive: true });
  const run = { cwd: workDir, env: GO_ENVIRONMENT, logFile: path.join(outDir, 'build.log') };
  await writeFile(path.join(workDir, 'go.mod'), 'module lambda-otlp.invalid/download\n\ngo 1.24\n');
  const json = await runCommand(
    ['go', 'mod', 'download', '-json', `${source.module}@${source.version}`],
    run,
  );
  const { Dir: moduleDir } = JSON.parse(json) as { Dir: string };
  const goMod = await readFile(path.join(moduleDir, 'go.mod'), 'utf8');
  await writeFile(path.join(workDir, 'go.mod'), wrapperGoMod(goMod, source));
  await copyFile(path.join(moduleDir, 'go.sum'), path.join(workDir, 'go.sum'));
  const require = `-require=${source.module}@${source.version}`;
  await runCommand(['go', 'mod', 'edit', require], run);
  await runCommand(
    [
      'go',
      'build',
      '-mod=mod',
      '-trimpath',
      ...(source.tags === undefined ? [] : ['-tags', source.tags]),
      '-ldflags',
      `-s -w ${source.ldflags ?? ''}`,
      '-o',
      path.join(outDir, source.binary),
      source.mainPackage,
    ],
    run,
  );
}

/** The release's go.mod under another module name, less what only makes sense inside its repository. */
export function wrapperGoMod(goMod: string, source: Pick<GoModule, 'binary'>): string {
  return goMod
    .replace(/^module .*$/m, `module lambda-otlp.invalid/${source.binary}`)
    .replace(/^ignore \((?:.|\n)*?^\)$/gm, '')
    .replace(/^ignore .*$/gm, '')
    .replace(/^\s*(?:replace )?\S+(?: v\S+)? => \.{1,2}\/.*$/gm, '');
}

/** `go install package@version` into `outDir`, for modules without `replace` lines. */
export async function goInstall(
  source: Pick<GoModule, 'mainPackage' | 'version'>,
  outDir: string,
): Promise<void> {
  await runCommand(['go', 'install', '-trimpath', `${source.mainPackage}@${source.version}`], {
    cwd: outDir,
    env: { ...GO_ENVIRONMENT, GOBIN: outDir },
    logFile: path.join(outDir, 'build.log'),
  });
}

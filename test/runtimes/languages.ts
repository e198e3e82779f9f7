// How each language's own runtime client is built from its registry, and run in the local Lambda. A language
// whose tools or packages are not to be had says why.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { LocalLambdaOptions } from 'local-lambda/lambda/local-lambda-options';

export type Case = 'throw' | 'return' | 'timeout' | 'exit' | 'memory';

type Runtime = Pick<LocalLambdaOptions, 'handler' | 'bootstrap'> & {
  readonly environment?: Readonly<Record<string, string>>;
};

export interface Language {
  readonly name: string;
  readonly cases: readonly Case[];
  readonly memorySizeMb: number;
  /** Builds in `folder`, a copy of the function's sources. @throws with the reason where it cannot be had. */
  readonly build: (folder: string) => Runtime;
}

const FUNCTIONS = join(__dirname, 'functions');
const BUILD_TIMEOUT_MS = 900_000;
const ALL: readonly Case[] = ['throw', 'return', 'timeout', 'exit', 'memory'];
const NOTHING_RETURNED: readonly Case[] = ['throw', 'timeout', 'exit', 'memory'];

function run(cwd: string, ...[program = '', ...args]: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync(program, args, {
    cwd,
    encoding: 'utf8',
    timeout: BUILD_TIMEOUT_MS,
  });
  if (error !== undefined) throw new Error(`${program}: ${error.message}`);
  if (status === 0) return stdout.trim();
  throw new Error(`${program} ${args.join(' ')}: ${`${stdout}\n${stderr}`.trim().slice(-400)}`);
}

export const LANGUAGES: readonly Language[] = [
  {
    name: 'Node.js',
    cases: ALL,
    memorySizeMb: 256,
    build: (folder) => ({ handler: join(folder, 'function.handler') }),
  },
  {
    name: 'Python',
    cases: NOTHING_RETURNED,
    memorySizeMb: 256,
    build(folder) {
      run(folder, 'python3', '-m', 'venv', 'venv');
      const python = join(folder, 'venv/bin/python');
      run(folder, python, '-m', 'pip', 'install', '--quiet', 'awslambdaric==4.2.2');
      return {
        bootstrap: [python, '-m', 'awslambdaric', 'function.handler'],
        environment: { PYTHONPATH: folder },
      };
    },
  },
  {
    name: 'Go',
    cases: ALL,
    memorySizeMb: 256,
    build(folder) {
      run(folder, 'go', 'build', '-o', 'bootstrap', '.');
      return { bootstrap: [join(folder, 'bootstrap')] };
    },
  },
  {
    name: 'Java',
    cases: NOTHING_RETURNED,
    memorySizeMb: 512,
    build(folder) {
      run(folder, 'mvn', '-q', '-B', 'compile', 'dependency:copy-dependencies');
      const classes = `${join(folder, 'target/classes')}:${join(folder, 'target/dependency')}/*`;
      const client = 'com.amazonaws.services.lambda.runtime.api.client.AWSLambda';
      // The heap as AWS's own runtime sizes it: what the JVM needs beside it has room.
      const java = ['java', '-Xmx300m', '-XX:+UseSerialGC', '-cp', classes, client];
      return { bootstrap: [...java, 'example.Function::handleRequest'] };
    },
  },
  {
    name: 'Rust',
    cases: ALL,
    memorySizeMb: 256,
    build(folder) {
      run(folder, 'cargo', 'build', '--quiet');
      return { bootstrap: [join(folder, 'target/debug/bootstrap')] };
    },
  },
];

/** A copy of the function's sources below `folder`. */
export function copySources({ name }: Language, folder: string): string {
  const target = join(folder, name);
  mkdirSync(target, { recursive: true });
  const source = name === 'Node.js' ? 'node' : name.toLowerCase();
  cpSync(join(FUNCTIONS, source), target, { recursive: true });
  return target;
}

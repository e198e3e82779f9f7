// The extensions that are compared: the built layers, the minimal extension, and whatever --also names.
import { existsSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, delimiter, join, resolve } from 'node:path';
import type { ExtensionCommand } from 'local-lambda/lambda/local-lambda-options';

export interface Contestant extends ExtensionCommand {
  /** `host`: the same program without Node.js. */
  readonly kind: 'layer' | 'host' | 'floor' | 'other';
  /** Variables on top of Lambda's own. */
  environment(endpoint: string): Readonly<Record<string, string>>;
}

export const LAYER = 'lambda-otlp';
export const HOST = 'lambda-otlp-host';
export const FLOOR = 'minimal-extension';

export interface ContestantOptions {
  /** Unpacked layer. */
  readonly layer: string;
  /** Unpacked layer with the native host, if it is to be measured and was built. */
  readonly hostLayer?: string;
  /** Node.js of the extensions. */
  readonly node: string;
  /** `[name=]command` of other extensions; the name that it registers, default its file's. */
  readonly also: readonly string[];
  /** For the other extensions; `{endpoint}` stands for the OTLP receiver's URL. */
  readonly environment: Readonly<Record<string, string>>;
}

/** Words of a command; quotes keep spaces. */
export function splitCommand(text: string): readonly string[] {
  const words = text.match(/(?:"[^"]*"|'[^']*'|[^\s"'])+/g) ?? [];
  return words.map((word) => word.replace(/"([^"]*)"|'([^']*)'/g, '$1$2'));
}

/** Throws a TypeError when there is no command. */
export function parseAlso(text: string): ExtensionCommand {
  const [, name, rest = text] = /^([\w.-]+)=(.+)$/s.exec(text) ?? [];
  const command = splitCommand(rest);
  const [program] = command;
  if (program === undefined) {
    throw new TypeError(`--also: expected [name=]command, got '${text}'`);
  }
  // Extensions run in a directory of their own.
  const path = program.includes('/') ? resolve(program) : program;
  return { name: name ?? basename(program), command: [path, ...command.slice(1)] };
}

export interface Contestants {
  readonly list: readonly Contestant[];
  readonly close: () => void;
}

/** An extension registers by the name of its file: this one is linked under a name of its own. */
function hostContestants(
  { hostLayer }: ContestantOptions,
  programs: string,
  environment: Contestant['environment'],
): readonly Contestant[] {
  const program = hostLayer === undefined ? undefined : join(hostLayer, 'extensions', LAYER);
  if (program === undefined || !existsSync(program)) return [];
  symlinkSync(program, join(programs, HOST));
  return [{ name: HOST, kind: 'host', command: [join(programs, HOST)], environment }];
}

/**
 * The start script finds Node in PATH, so the one to use is linked there first.
 * Throws a TypeError for invalid commands and for names that are already taken.
 */
export function createContestants(options: ContestantOptions): Contestants {
  const programs = mkdtempSync(join(tmpdir(), 'lambda-otlp-bench-'));
  symlinkSync(resolve(options.node), join(programs, 'node'));
  const PATH = [programs, process.env['PATH'] ?? ''].join(delimiter);
  const otlp = (endpoint: string): Readonly<Record<string, string>> => ({
    PATH,
    OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
  });
  const floor = join(__dirname, 'minimal-extension/minimal-extension.js');
  const list: Contestant[] = [
    {
      name: LAYER,
      kind: 'layer',
      command: [join(options.layer, 'extensions', LAYER)],
      environment: otlp,
    },
    ...hostContestants(options, programs, otlp),
    { name: FLOOR, kind: 'floor', command: [resolve(options.node), floor], environment: otlp },
    ...options.also.map((text) => ({
      ...parseAlso(text),
      kind: 'other' as const,
      environment: (endpoint: string) => ({
        ...otlp(endpoint),
        ...Object.fromEntries(
          Object.entries(options.environment).map(([name, value]) => [
            name,
            value.replaceAll('{endpoint}', endpoint),
          ]),
        ),
      }),
    })),
  ];
  const names = list.map(({ name }) => name);
  const repeated = names.find((name, index) => names.indexOf(name) !== index);
  if (repeated !== undefined) {
    rmSync(programs, { recursive: true, force: true });
    throw new TypeError(
      `--also: expected distinct names, got '${repeated}' twice; use name=command`,
    );
  }
  return { list, close: () => rmSync(programs, { recursive: true, force: true }) };
}

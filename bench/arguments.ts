// Arguments of `npm run bench`. Nothing here throws: what cannot be used is a message.
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';

export const USAGE = `Measures the built layer beside the smallest Node extension, in one run, in turns.

  npm run bench -- [options]

  --quick            fewer rounds: about a minute
  --full             10 000 invocations per environment instead of 1 000
  --only NAMES       comma-separated sections: start, invocations, holds, dead-endpoints, conversion,
                     relay, receiver, burst, shutdown, sizes, host (where it was built)
  --node PATH        Node.js that runs the extensions (default: the one that runs the bench)
  --layer DIR        unpacked layer (default build/layer; npm run build makes it)
  --host-layer DIR   unpacked layer with the native host (default build/layer-x86_64 or -arm64, if it was built)
  --also COMMAND     another extension beside them, [name=]command; may be repeated. It gets
                     OTEL_EXPORTER_OTLP_ENDPOINT and what --env says
  --env NAME=VALUE   variable of the --also extensions; {endpoint} is the OTLP receiver's URL
  --json             samples, summaries and goals as JSON on stdout, progress on stderr
  --write            puts the tables into docs/benchmarks.md
  --help             this text
`;

export const SECTIONS = [
  'start',
  'invocations',
  'holds',
  'dead-endpoints',
  'conversion',
  'relay',
  'receiver',
  'burst',
  'shutdown',
  'sizes',
  'host',
] as const;
export type SectionName = (typeof SECTIONS)[number];

export interface BenchArguments {
  readonly effort: 'quick' | 'normal' | 'full';
  readonly only: readonly SectionName[];
  readonly node: string;
  readonly layer: string;
  readonly hostLayer: string;
  readonly also: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly json: boolean;
  readonly write: boolean;
}

export type ParsedArguments =
  | { readonly kind: 'run'; readonly arguments: BenchArguments }
  | { readonly kind: 'help' }
  | { readonly kind: 'wrong'; readonly message: string };

const OPTIONS = {
  quick: { type: 'boolean', default: false },
  full: { type: 'boolean', default: false },
  only: { type: 'string' },
  node: { type: 'string', default: process.execPath },
  layer: { type: 'string', default: join(__dirname, '../build/layer') },
  'host-layer': {
    type: 'string',
    default: join(__dirname, `../build/layer-${process.arch === 'arm64' ? 'arm64' : 'x86_64'}`),
  },
  also: { type: 'string', multiple: true, default: [] as string[] },
  env: { type: 'string', multiple: true, default: [] as string[] },
  json: { type: 'boolean', default: false },
  write: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const;

class WrongArgument extends Error {}

function toSections(text: string | undefined): readonly SectionName[] {
  if (text === undefined) return SECTIONS;
  return text.split(',').map((part) => {
    const found = SECTIONS.find((name) => name === part.trim());
    if (found !== undefined) return found;
    throw new WrongArgument(`--only: expected some of ${SECTIONS.join(', ')}, got '${part}'`);
  });
}

function toVariables(pairs: readonly string[]): Readonly<Record<string, string>> {
  const entries = pairs.map((pair) => {
    const [, name, value] = /^([A-Za-z_][A-Za-z0-9_]*)=(.*)$/s.exec(pair) ?? [];
    if (name === undefined) throw new WrongArgument(`--env: expected NAME=VALUE, got '${pair}'`);
    return [name, value ?? ''] as const;
  });
  return Object.fromEntries(entries);
}

export function parseBenchArguments(argv: readonly string[]): ParsedArguments {
  try {
    const { values } = parseArgs({ args: [...argv], options: OPTIONS, strict: true });
    if (values.help) return { kind: 'help' };
    if (values.quick && values.full)
      throw new WrongArgument('expected --quick or --full, got both');
    return {
      kind: 'run',
      arguments: {
        effort: values.quick ? 'quick' : values.full ? 'full' : 'normal',
        only: toSections(values.only),
        node: resolve(values.node),
        layer: resolve(values.layer),
        hostLayer: resolve(values['host-layer']),
        also: values.also,
        environment: toVariables(values.env),
        json: values.json,
        write: values.write,
      },
    };
  } catch (error) {
    return { kind: 'wrong', message: error instanceof Error ? error.message : String(error) };
  }
}

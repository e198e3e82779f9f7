// `npm run bench`: what the layer costs, beside the smallest extension that Node can run and any other,
// in one run on one machine. Prints tables with the goals; docs/benchmarks.md by --write.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseBenchArguments, USAGE } from './arguments';
import type { BenchArguments, SectionName } from './arguments';
import { invoke, startBenchLambda } from './bench-lambda';
import { createContestants, LAYER } from './contestants';
import type { Contestant } from './contestants';
import { writeDocument } from './document';
import { judge, summaryOf } from './figure';
import type { Section } from './figure';
import { startOtlpSink } from './otlp-sink';
import { describeMachine, formatMachine } from './machine';
import type { Machine } from './machine';
import { measureBurst } from './measures/burst';
import { measureConversion } from './measures/conversion';
import { measureDeadEndpoints } from './measures/dead-endpoints';
import { measureHolds } from './measures/holds';
import { measureHost } from './measures/host';
import { measureInvocations } from './measures/invocations';
import { measureReceiver } from './measures/receiver';
import { measureRelay } from './measures/relay';
import { measureShutdown } from './measures/shutdown';
import { measureSizes } from './measures/sizes';
import { measureStart } from './measures/start';
import { formatSection } from './table';

interface Effort {
  readonly starts: number;
  readonly environments: number;
  readonly invocations: number;
  readonly earlyCheckpoint: number;
  readonly cpuInvocations: number;
  readonly holdRounds: number;
  readonly deadRounds: number;
  readonly conversionRounds: number;
  readonly burstLines: number;
  readonly shutdowns: number;
}

const NORMAL: Effort = {
  starts: 25,
  environments: 3,
  invocations: 1000,
  earlyCheckpoint: 200,
  cpuInvocations: 520,
  holdRounds: 9,
  deadRounds: 2,
  conversionRounds: 7,
  burstLines: 100_000,
  shutdowns: 3,
};

const EFFORTS: Readonly<Record<BenchArguments['effort'], Effort>> = {
  quick: {
    ...NORMAL,
    starts: 7,
    environments: 1,
    invocations: 200,
    earlyCheckpoint: 100,
    cpuInvocations: 120,
    holdRounds: 3,
    deadRounds: 1,
    conversionRounds: 3,
    burstLines: 20_000,
    shutdowns: 1,
  },
  normal: NORMAL,
  full: { ...NORMAL, environments: 1, invocations: 10_000, earlyCheckpoint: 1000 },
};

function measure(
  name: SectionName,
  { layer, node }: BenchArguments,
  { contestants, effort }: { readonly contestants: readonly Contestant[]; readonly effort: Effort },
): Promise<Section> | Section {
  switch (name) {
    case 'start':
      return measureStart(contestants, effort.starts);
    case 'invocations':
      return measureInvocations(contestants, { ...effort, rounds: effort.environments });
    case 'holds':
      return measureHolds(contestants, effort.holdRounds);
    case 'dead-endpoints':
      return measureDeadEndpoints(contestants, effort.deadRounds);
    case 'conversion':
      return measureConversion({ node, lines: 100_000, rounds: effort.conversionRounds });
    case 'relay':
      return measureRelay({ node, spans: 20_000, rounds: effort.conversionRounds });
    case 'receiver':
      return measureReceiver(contestants, { ...effort, rounds: effort.holdRounds });
    case 'host':
      return measureHost(contestants, { rounds: effort.environments });
    case 'burst':
      return measureBurst(contestants, effort.burstLines);
    case 'shutdown':
      return measureShutdown(contestants, effort.shutdowns);
    case 'sizes':
      return measureSizes(layer);
  }
}

/** The first local Lambda of a process runs cold code, whose time would be attributed to the extension. */
async function warmUp(contestants: readonly Contestant[]): Promise<void> {
  const sink = await startOtlpSink();
  try {
    for (const contestant of contestants) {
      const { lambda } = await startBenchLambda(contestant, sink.url);
      for (let count = 0; count < 10; count += 1) await invoke(lambda, 2);
      await lambda.shutdown();
    }
  } finally {
    await sink.close();
  }
}

function toJson(machine: Machine, sections: readonly Section[]): string {
  const figures = (section: Section) =>
    section.figures.map((figure) => ({
      ...figure,
      summaries: Object.fromEntries(
        section.subjects.map((subject) => [subject, summaryOf(figure, subject)]),
      ),
      goals: judge(figure, section.subjects[0]),
    }));
  const all = sections.map((section) => ({ ...section, figures: figures(section) }));
  return `${JSON.stringify({ machine, sections: all }, null, 2)}\n`;
}

async function run(settings: BenchArguments): Promise<void> {
  if (!existsSync(join(settings.layer, 'extensions', LAYER))) {
    throw new Error(`--layer: expected an unpacked layer in ${settings.layer}; npm run build`);
  }
  const machine = describeMachine(settings.node);
  const contestants = createContestants(settings);
  const sections: Section[] = [];
  try {
    await warmUp(contestants.list);
    for (const name of settings.only) {
      if (name === 'host' && !contestants.list.some(({ kind }) => kind === 'host')) {
        process.stderr.write(
          `host: not measured, as ${settings.hostLayer} is not there; npm run build -- --standalone\n`,
        );
        continue;
      }
      process.stderr.write(`measuring ${name}...\n`);
      const effort = EFFORTS[settings.effort];
      const section = await measure(name, settings, { contestants: contestants.list, effort });
      sections.push(section);
      if (!settings.json) process.stdout.write(`\n${formatSection(section)}`);
    }
  } finally {
    contestants.close();
  }
  const shape = formatMachine(machine);
  if (settings.json) process.stdout.write(toJson(machine, sections));
  else process.stdout.write(`\n${shape}\n`);
  if (settings.write) {
    await writeDocument([`Measured ${shape}.`, '', ...sections.map(formatSection)].join('\n'));
  }
}

function main(): void {
  const parsed = parseBenchArguments(process.argv.slice(2));
  if (parsed.kind === 'help') {
    process.stdout.write(USAGE);
  } else if (parsed.kind === 'wrong') {
    process.stderr.write(`${parsed.message}\n\n${USAGE}`);
    process.exitCode = 2;
  } else {
    run(parsed.arguments).catch((error: unknown) => {
      process.stderr.write(`bench: ${error instanceof Error ? error.message : String(error)}\n`);
      // A local Lambda whose extension broke may still have processes; they end with this one.
      process.exit(1);
    });
  }
}

main();

// Deploys the test functions, lets each end in every way there is, reads their logs and deletes everything.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { zipSync } from 'fflate';
import type { AwsCli } from './aws-cli';
import { compare, readInvocationSpans, type Expectation, type LogEvent } from './compare';
import {
  ACTIONS,
  TEST_FUNCTIONS,
  nameAll,
  toFunctionCalls,
  toLayerCalls,
  toRoleCalls,
  type Names,
  type TestFunction,
} from './plan';
import { UndoStack } from './undo';

export interface VerifyOptions {
  readonly aws: AwsCli;
  /** Six letters or digits that keep runs apart. */
  readonly run: string;
  /** Folder of the built zips. */
  readonly layers: string;
  /** Folder of the functions' sources. */
  readonly sources: string;
  /** Where the raw events are kept. */
  readonly keepIn: string;
  readonly say: (line: string) => void;
  /** How long to wait for what CloudWatch and IAM take time for, milliseconds. */
  readonly patienceMs: number;
}

export interface FunctionResult {
  readonly id: TestFunction['id'];
  readonly expectations: readonly Expectation[];
  /** The events as CloudWatch had them, for `replay`. */
  readonly events: string;
}

export interface VerifyResult {
  readonly functions: readonly FunctionResult[];
  /** What could not be deleted: to be deleted by hand. */
  readonly left: readonly string[];
  readonly failure?: string;
}

const STEP_MS = 2_000;

/** Never rejects: what failed is in the result, and everything made by then is deleted. */
export async function verify(options: VerifyOptions): Promise<VerifyResult> {
  const undo = new UndoStack();
  const stop = (): void => {
    options.say('interrupted; deleting what was made');
    undo.unwind();
    process.exit(1);
  };
  process.once('SIGINT', stop);
  const folder = mkdtempSync(join(tmpdir(), 'lambda-otlp-verify-'));
  const functions: FunctionResult[] = [];
  let failure: string | undefined;
  try {
    const roleArn = makeRole(options, undo);
    for (const test of TEST_FUNCTIONS) {
      functions.push(await verifyFunction(options, undo, { test, roleArn, folder }));
    }
  } catch (error) {
    failure = (error as Error).message;
  }
  options.say('deleting what was made');
  const left = undo.unwind();
  process.off('SIGINT', stop);
  rmSync(folder, { recursive: true, force: true });
  return { functions, left, ...(failure !== undefined && { failure }) };
}

function makeRole({ aws, run, say }: VerifyOptions, undo: UndoStack): string {
  const names = nameAll(run);
  const calls = toRoleCalls(names);
  say(`role ${names.role}`);
  const { Role } = JSON.parse(aws.run(calls.create)) as { readonly Role: { readonly Arn: string } };
  undo.push(`role ${names.role}`, () => aws.run(calls.remove));
  aws.run(calls.allow);
  undo.push(`policy of role ${names.role}`, () => aws.run(calls.forbid));
  return Role.Arn;
}

interface Work {
  readonly test: TestFunction;
  readonly roleArn: string;
  readonly folder: string;
}

async function verifyFunction(
  options: VerifyOptions,
  undo: UndoStack,
  work: Work,
): Promise<FunctionResult> {
  const { aws, run, say, keepIn } = options;
  const { test } = work;
  const names = nameAll(run);
  const calls = toFunctionCalls(names, test);
  const layerArn = publishLayer(options, undo, test);
  const zip = zipSource(options, work);
  say(`function ${names.functionName(test.id)}`);
  await insist(options, () => aws.run(calls.create({ roleArn: work.roleArn, layerArn, zip })));
  undo.push(`log group ${names.logGroup(test.id)}`, () => aws.run(calls.removeLog));
  undo.push(`function ${names.functionName(test.id)}`, () => aws.run(calls.remove));
  aws.run(calls.wait);
  for (const action of ACTIONS) {
    say(`  ${action}`);
    aws.run(calls.invoke(action, join(work.folder, 'answer.json')));
  }
  const events = await readEvents(options, names, test);
  const file = join(keepIn, `${test.id}.ndjson`);
  mkdirSync(keepIn, { recursive: true });
  const raw = events.map(({ message }) => message.trim()).filter(isRawEvent);
  writeFileSync(file, `${raw.join('\n')}\n`);
  return { id: test.id, expectations: compare(events), events: file };
}

function publishLayer(
  { aws, run, layers, say }: VerifyOptions,
  undo: UndoStack,
  { layer }: TestFunction,
): string {
  const names = nameAll(run);
  const calls = toLayerCalls(names, layer, join(layers, `lambda-otlp-${layer}.zip`));
  say(`layer ${names.layerName(layer)}`);
  const published = JSON.parse(aws.run(calls.publish)) as {
    readonly LayerVersionArn: string;
    readonly Version: number;
  };
  undo.push(`layer ${names.layerName(layer)}`, () => aws.run(calls.remove(published.Version)));
  return published.LayerVersionArn;
}

function zipSource({ sources }: VerifyOptions, { test, folder }: Work): string {
  const zip = join(folder, `${test.id}.zip`);
  writeFileSync(
    zip,
    zipSync({ [test.source]: new Uint8Array(readFileSync(join(sources, test.source))) }),
  );
  return zip;
}

/** A new role is not known everywhere at once (IAM, "eventually consistent"): Lambda refuses it for some seconds. */
async function insist({ patienceMs }: VerifyOptions, call: () => unknown): Promise<void> {
  for (const endMs = Date.now() + patienceMs; ;) {
    try {
      call();
      return;
    } catch (error) {
      if (Date.now() >= endMs || !/cannot be assumed|role/i.test((error as Error).message))
        throw error;
      await sleep(Math.min(STEP_MS, patienceMs));
    }
  }
}

/** Logs arrive seconds later: waits for a span of each invocation, then takes what there is. */
async function readEvents(
  { aws, patienceMs }: VerifyOptions,
  names: Names,
  test: TestFunction,
): Promise<readonly LogEvent[]> {
  const { readLog } = toFunctionCalls(names, test);
  for (const endMs = Date.now() + patienceMs; ;) {
    const { events = [] } = JSON.parse(aws.run(readLog)) as {
      readonly events?: readonly LogEvent[];
    };
    if (readInvocationSpans(events).length >= ACTIONS.length || Date.now() >= endMs) return events;
    await sleep(Math.min(STEP_MS, patienceMs));
  }
}

/** Lines of the extension are its exports, not events. */
function isRawEvent(message: string): boolean {
  return message.startsWith('{') && !message.startsWith('{"resource');
}

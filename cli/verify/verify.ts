// Deploys the test functions, makes each end in every possible way, reads their logs and deletes everything, even after
// a failure or an interruption.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { zipSync } from 'fflate';
import { compare, readInvocationSpans, type Expectation, type LogEvent } from './compare';
import { pushImage } from './image';
import {
  ACTIONS,
  nameAll,
  toFunctionCalls,
  toLayerCalls,
  toRoleCalls,
  type Deployment,
  type TestFunction,
} from './plan';
import { make, type Stage } from './stage';
import { UndoStack, type Leftover } from './undo';

export interface VerifyOptions extends Pick<
  Stage,
  'aws' | 'docker' | 'layers' | 'sources' | 'say' | 'patienceMs'
> {
  /** Six letters or digits that distinguish runs. */
  readonly run: string;
  readonly functions: readonly TestFunction[];
  /** The folder for the raw events. */
  readonly keepIn: string;
}

export interface FunctionResult {
  readonly id: TestFunction['id'];
  readonly expectations: readonly Expectation[];
  /** The events as CloudWatch stored them, for `replay`. */
  readonly events: string;
}

export interface VerifyResult {
  readonly functions: readonly FunctionResult[];
  /** What could not be deleted and must be deleted by hand. */
  readonly left: readonly Leftover[];
  readonly failure?: string;
}

const STEP_MS = 2_000;
/** The longest time that IAM needs to notice that a role is no longer in use. */
const MAX_UNDO_MS = 10_000;
/** npm forwards signals, and the terminal sends them to all processes, so one Ctrl-C may arrive twice. */
const ONE_PRESS_MS = 500;
/** SIGHUP comes when the terminal is closed. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Never rejects: what failed is in the result, and everything made by then is deleted. */
export async function verify(options: VerifyOptions): Promise<VerifyResult> {
  const undo = new UndoStack();
  const folder = mkdtempSync(join(tmpdir(), 'lambda-otlp-verify-'));
  const interruption = awaitInterruption(options, undo);
  const stage: Stage = { ...options, names: nameAll(options.run), undo, folder, ...interruption };
  const functions: FunctionResult[] = [];
  let failure: string | undefined;
  try {
    const roleArn = await makeRole(stage);
    for (const test of options.functions)
      functions.push(await verifyFunction(stage, test, { roleArn, keepIn: options.keepIn }));
  } catch (error) {
    const { signal } = interruption;
    failure = signal.aborted ? `interrupted by ${String(signal.reason)}` : (error as Error).message;
  }
  options.say('deleting what was created');
  const left = await undo.unwind(Math.min(options.patienceMs, MAX_UNDO_MS));
  interruption.end();
  rmSync(folder, { recursive: true, force: true });
  return { functions, left, ...(failure !== undefined && { failure }) };
}

/**
 * The first signal stops the work, and everything is deleted. Since the process may be killed before that is done, the
 * commands that delete what may be left are printed at once. The second signal leaves them to the user.
 */
function awaitInterruption({ say }: VerifyOptions, undo: UndoStack) {
  const controller = new AbortController();
  const sayWhatMayBeLeft = (): void => {
    for (const { what, tool, args } of undo.list()) say(`  ${tool.toLine(args)}    # ${what}`);
  };
  let firstMs = 0;
  const interrupt = (name: NodeJS.Signals): void => {
    if (controller.signal.aborted) {
      if (performance.now() - firstMs < ONE_PRESS_MS) return;
      say(`${name}: leaving. Delete what may be left with:`);
      sayWhatMayBeLeft();
      process.exit(1);
    }
    say(
      `${name}: deleting what was created. If this does not end, delete what may be left by hand:`,
    );
    sayWhatMayBeLeft();
    firstMs = performance.now();
    controller.abort(name);
  };
  for (const name of SIGNALS) process.on(name, interrupt);
  const end = (): void => {
    for (const name of SIGNALS) process.off(name, interrupt);
  };
  return { signal: controller.signal, end };
}

async function makeRole(stage: Stage): Promise<string> {
  const { aws, names, say } = stage;
  const calls = toRoleCalls(names);
  say(`role ${names.role}`);
  const made = await make(stage, {
    what: `role ${names.role}`,
    tool: aws,
    create: calls.create,
    remove: calls.remove,
  });
  await make(stage, {
    what: `policy of role ${names.role}`,
    tool: aws,
    create: calls.allow,
    remove: calls.forbid,
  });
  return (JSON.parse(made) as { readonly Role: { readonly Arn: string } }).Role.Arn;
}

interface Work {
  readonly roleArn: string;
  readonly keepIn: string;
}

async function verifyFunction(
  stage: Stage,
  test: TestFunction,
  { roleArn, keepIn }: Work,
): Promise<FunctionResult> {
  const { aws, names, say, signal } = stage;
  const calls = toFunctionCalls(names, test);
  const deployment = await makeCode(stage, test, roleArn);
  say(`function ${names.functionName(test.id)}`);
  await makeFunction(stage, test, deployment);
  await aws.run(calls.wait, { signal });
  for (const action of ACTIONS) {
    say(`  ${action}`);
    const payload = join(stage.folder, 'payload.json');
    writeFileSync(payload, JSON.stringify({ action }));
    await aws.run(calls.invoke(payload, join(stage.folder, 'answer.json')), { signal });
  }
  const events = await readEvents(stage, test);
  const file = join(keepIn, `${test.id}.ndjson`);
  mkdirSync(keepIn, { recursive: true });
  const raw = events.map(({ message }) => message.trim()).filter(isRawEvent);
  writeFileSync(file, `${raw.join('\n')}\n`);
  return { id: test.id, expectations: compare(events), events: file };
}

async function makeCode(stage: Stage, test: TestFunction, roleArn: string): Promise<Deployment> {
  if (test.packageType === 'Image') return { roleArn, imageUri: await pushImage(stage, test) };
  return { roleArn, layerArn: await publishLayer(stage, test), zip: zipSource(stage, test) };
}

async function publishLayer(stage: Stage, { layer }: TestFunction): Promise<string> {
  const { aws, names, layers, say } = stage;
  const what = `layer ${names.layerName(layer)}`;
  const calls = toLayerCalls(names, layer, join(layers, `lambda-otlp-${layer}.zip`));
  say(what);
  const published = await make(stage, {
    what,
    tool: aws,
    create: calls.publish,
    remove: calls.remove,
  });
  return (JSON.parse(published) as { readonly LayerVersionArn: string }).LayerVersionArn;
}

function zipSource({ sources, folder }: Stage, { id, source }: TestFunction): string {
  const zip = join(folder, `${id}.zip`);
  writeFileSync(zip, zipSync({ [source]: new Uint8Array(readFileSync(join(sources, source))) }));
  return zip;
}

/** A new role is not known everywhere at once (IAM, "eventually consistent"): Lambda refuses it for some seconds. */
async function makeFunction(
  stage: Stage,
  test: TestFunction,
  deployment: Deployment,
): Promise<void> {
  const { aws, names, undo, signal, patienceMs } = stage;
  const calls = toFunctionCalls(names, test);
  // Lambda creates it, and may write the last lines after the function is deleted; once the role is deleted it cannot.
  const logGroup = { what: `log group ${names.logGroup(test.id)}`, tool: aws };
  undo.push({ ...logGroup, args: calls.removeLog, isLast: true });
  undo.push({
    what: `function ${names.functionName(test.id)}`,
    tool: aws,
    args: calls.remove,
  });
  for (const endMs = Date.now() + patienceMs; ;) {
    signal.throwIfAborted();
    try {
      await aws.run(calls.create(deployment));
      return;
    } catch (error) {
      if (Date.now() >= endMs || !/cannot be assumed|role/i.test((error as Error).message))
        throw error;
      await sleep(Math.min(STEP_MS, patienceMs), undefined, { signal });
    }
  }
}

/** Logs arrive seconds later: waits for a span of each invocation, then reads what there is. */
async function readEvents(
  { aws, names, signal, patienceMs }: Stage,
  test: TestFunction,
): Promise<readonly LogEvent[]> {
  const { readLog } = toFunctionCalls(names, test);
  for (const endMs = Date.now() + patienceMs; ;) {
    const { events = [] } = JSON.parse(await aws.run(readLog, { signal })) as {
      readonly events?: readonly LogEvent[];
    };
    if (readInvocationSpans(events).length >= ACTIONS.length || Date.now() >= endMs) return events;
    await sleep(Math.min(STEP_MS, patienceMs), undefined, { signal });
  }
}

/** Lines of the extension are its exports, not events. */
function isRawEvent(message: string): boolean {
  return message.startsWith('{') && !message.startsWith('{"resource');
}

// Start: spawn → registered → first poll, and the CPU until then. One process at a time, in turns.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { toFunctionSettings } from 'local-lambda/lambda/local-lambda-options';
import type { LocalLambdaOptions } from 'local-lambda/lambda/local-lambda-options';
import { toExtensionVariables } from 'local-lambda/lambda/process-environment';
import { readProcessStatistics } from 'local-lambda/lambda/process-statistics';
import { FLOOR } from '../contestants';
import type { Contestant } from '../contestants';
import type { Section } from '../figure';
import { startInitApi } from '../init-api';
import type { InitApi } from '../init-api';
import { Samples } from '../samples';

/** An extension that has not polled by then is taken as broken. */
const PATIENCE_MS = 20_000;
const WARM_UP_ROUNDS = 2;

interface Start {
  readonly registerMs: number;
  readonly firstPollMs: number;
  readonly cpuMs: number | undefined;
}

/** Variables of an extension that runs alone with the Extensions API. */
export function toVariables(
  api: InitApi,
  temporaryDirectory: string,
  custom: Readonly<Record<string, string>>,
  options: Partial<LocalLambdaOptions> = {},
) {
  return toExtensionVariables({
    settings: toFunctionSettings({ bootstrap: ['none'], functionName: 'bench', ...options }),
    runtimeApiAddress: api.address,
    custom,
    temporaryDirectory,
  });
}

/** `contestant`: with another environment, if something depends on it. */
export async function startOnce(api: InitApi, contestant: Contestant): Promise<Start> {
  const directory = mkdtempSync(join(tmpdir(), 'lambda-otlp-bench-'));
  const [program = '', ...parameters] = contestant.command;
  let onPoll: () => void = () => undefined;
  const polled = new Promise<void>((resolve) => (onPoll = resolve));
  let firstPollAt = Number.NaN;
  let cpuMs: number | undefined;
  const moments = api.expect(() => {
    firstPollAt = performance.now();
    // Stopped, so that what it loads while polling is not counted.
    process.kill(-(child.pid ?? 0), 'SIGSTOP');
    cpuMs = readProcessStatistics(child.pid ?? 0)?.cpuMs;
    onPoll();
  });
  const spawnedAt = performance.now();
  const child = spawn(program, parameters, {
    cwd: directory,
    env: toVariables(api, directory, contestant.environment('http://127.0.0.1:9')),
    detached: true,
    stdio: 'ignore',
  });
  const exited = once(child, 'exit');
  const timer = setTimeout(onPoll, PATIENCE_MS);
  await Promise.race([polled, exited]);
  clearTimeout(timer);
  if (child.exitCode === null && child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
  await exited;
  rmSync(directory, { recursive: true, force: true });
  if (Number.isNaN(firstPollAt) || moments.registeredAt === undefined) {
    throw new Error(`${contestant.name}: expected a first poll of /event/next, got none`);
  }
  return {
    registerMs: moments.registeredAt - spawnedAt,
    firstPollMs: firstPollAt - spawnedAt,
    cpuMs,
  };
}

export async function measureStart(
  contestants: readonly Contestant[],
  rounds: number,
): Promise<Section> {
  const register = new Samples();
  const firstPoll = new Samples();
  const cpu = new Samples();
  const api = await startInitApi();
  try {
    for (let round = -WARM_UP_ROUNDS; round < rounds; round += 1) {
      for (const contestant of contestants) {
        const start = await startOnce(api, contestant);
        if (round < 0) continue;
        register.add(contestant.name, start.registerMs);
        firstPoll.add(contestant.name, start.firstPollMs);
        if (start.cpuMs !== undefined) cpu.add(contestant.name, start.cpuMs);
      }
    }
  } finally {
    api.close();
  }
  const times = (factor: number) => ({ factor, to: FLOOR });
  return {
    title: 'Start',
    note: `Medians and quartiles of ${rounds} starts in turns, alone with the Extensions API. Lambda waits for the registration only; from there to the first poll the runtime starts too.`,
    subjects: contestants.map(({ name }) => name),
    figures: [
      {
        title: 'spawn → registered',
        unit: 'ms',
        goal: { atMost: 5, ratio: times(0.2) },
        samples: register.bySubject,
      },
      {
        title: 'spawn → first /event/next',
        unit: 'ms',
        goal: { ratio: times(1.2) },
        samples: firstPoll.bySubject,
      },
      { title: 'CPU to the first /event/next', unit: 'ms', samples: cpu.bySubject },
    ],
  };
}

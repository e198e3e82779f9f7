// What Lambda does to a process, by processes of their own, which keep time however busy a test is: a share of a
// CPU, in periods of 20 ms, and SIGKILL.
import { spawn } from 'node:child_process';
import { withChildren } from 'local-lambda/lambda/process-statistics';

const PERIOD_MS = 20;

/** With its children; gives them all of their time again when the answer is called. */
export function throttle(pid: number, share: number): () => void {
  const pids = withChildren(pid);
  const all = pids.join(' ');
  const run = (PERIOD_MS * share) / 1_000;
  const stand = (PERIOD_MS * (1 - share)) / 1_000;
  const child = spawn('bash', [
    '-c',
    `while kill -STOP ${all} && read -rt ${stand} <> <(:); kill -CONT ${all}; do read -rt ${run} <> <(:); done`,
  ]);
  return () => {
    child.kill('SIGKILL');
    for (const each of pids) {
      try {
        process.kill(each, 'SIGCONT');
      } catch {
        // It has ended.
      }
    }
  };
}

/** SIGKILL after so long, unless the answer is called before. */
export function killAfter(pid: number, delayMs: number): () => void {
  const child = spawn('bash', ['-c', `sleep ${delayMs / 1_000}; kill -KILL ${pid}`]);
  return () => void child.kill('SIGKILL');
}

// Memory and CPU of a process and its children from /proc. On systems without it every reading is
// undefined, and reports carry an estimate (see ESTIMATED_PROCESS_MB).
import { readdirSync, readFileSync } from 'node:fs';

export interface ProcessStatistics {
  readonly rssBytes: number;
  readonly peakRssBytes: number;
  /** RssAnon: what the process allocated, without mapped files. */
  readonly anonymousBytes: number;
  /** CPU time of the threads that are alive now. */
  readonly cpuMs: number;
}

/** Memory that one process and its children hold now. */
export interface ProcessMemory {
  /** Anonymous and shared memory, which belongs to no other process. */
  readonly ownBytes: number;
  /** Pages of mapped files, including the program's own code. */
  readonly fileBytes: number;
  /** An upper bound of `ownBytes` so far. */
  readonly peakOwnBytes: number;
}

/** Used for maxMemoryUsedMB where there is no /proc. */
export const ESTIMATED_PROCESS_MB = 48;

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function list(path: string): readonly string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}

function kibibytes(status: string, field: string): number {
  const found = new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(status);
  return Number(found?.[1] ?? 0) * 1024;
}

function cpuMsOf(pid: number): number {
  let nanoseconds = 0;
  for (const thread of list(`/proc/${pid}/task`)) {
    nanoseconds += Number(read(`/proc/${pid}/task/${thread}/schedstat`).split(' ')[0] ?? 0);
  }
  return nanoseconds / 1e6;
}

/** A process and all that descend from it. */
export function withChildren(pid: number): readonly number[] {
  const children = read(`/proc/${pid}/task/${pid}/children`)
    .split(' ')
    .filter((child) => child.trim() !== '')
    .map(Number);
  return [pid, ...children.flatMap(withChildren)];
}

/** Undefined when the process is gone or there is no /proc. */
export function readProcessMemory(pid: number): ProcessMemory | undefined {
  const statuses = withChildren(pid).map((each) => read(`/proc/${each}/status`));
  if (!statuses.some((status) => status.includes('VmRSS'))) return undefined;
  const memories = statuses.map((status) => {
    const fileBytes = kibibytes(status, 'RssFile');
    const ownBytes = kibibytes(status, 'RssAnon') + kibibytes(status, 'RssShmem');
    const peakOwnBytes = Math.max(ownBytes, kibibytes(status, 'VmHWM') - fileBytes);
    return { ownBytes, fileBytes, peakOwnBytes };
  });
  const sum = (of: keyof ProcessMemory): number =>
    memories.reduce((total, memory) => total + memory[of], 0);
  return {
    ownBytes: sum('ownBytes'),
    peakOwnBytes: sum('peakOwnBytes'),
    fileBytes: Math.max(0, ...memories.map(({ fileBytes }) => fileBytes)),
  };
}

/** Sums over the process and its children; undefined when it is gone or there is no /proc. */
export function readProcessStatistics(pid: number): ProcessStatistics | undefined {
  const statuses = withChildren(pid).map((each) => read(`/proc/${each}/status`));
  if (!statuses.some((status) => status.includes('VmRSS'))) return undefined;
  const sum = (field: string): number =>
    statuses.reduce((total, status) => total + kibibytes(status, field), 0);
  return {
    rssBytes: sum('VmRSS'),
    peakRssBytes: sum('VmHWM'),
    anonymousBytes: sum('RssAnon'),
    cpuMs: withChildren(pid).reduce((total, each) => total + cpuMsOf(each), 0),
  };
}

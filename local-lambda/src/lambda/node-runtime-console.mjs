// console.* of the local Node runtime: text or JSON lines as AWS's Node runtime writes them, framed
// on _LAMBDA_TELEMETRY_LOG_FD when the platform offers it, else on stdout with \n turned into \r.
import { AsyncLocalStorage } from 'node:async_hooks';
import { writeSync } from 'node:fs';
import { format } from 'node:util';

const LEVELS = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'];
const TEXT_FRAME = 0xa55a0003;
const JSON_FRAME = 0xa55a0002;
const json = process.env.AWS_LAMBDA_LOG_FORMAT?.toUpperCase() === 'JSON';
const frameFd = process.env._LAMBDA_TELEMETRY_LOG_FD;
delete process.env._LAMBDA_TELEMETRY_LOG_FD;

const concurrent = process.env.AWS_LAMBDA_MAX_CONCURRENCY !== undefined;
const contexts = new AsyncLocalStorage();
let last = {};

/** Lines written while `run` runs carry its requestId; without concurrency, those after it too. */
export function setLogContext(context, run) {
  last = context;
  return concurrent ? contexts.run(context, run) : run();
}

function currentContext() {
  return (concurrent ? contexts.getStore() : last) ?? {};
}

function replaceErrors(_key, value) {
  if (!(value instanceof Error)) return value;
  return {
    errorType: value.constructor?.name ?? 'UnknownError',
    errorMessage: value.message,
    stackTrace: typeof value.stack === 'string' ? value.stack.split('\n') : value.stack,
    ...value,
  };
}

function toJsonLine(timestamp, level, parameters) {
  const { requestId, tenantId } = currentContext();
  const line = { timestamp, level, requestId, ...(tenantId == null ? {} : { tenantId }) };
  if (parameters.length === 1) {
    try {
      return JSON.stringify({ ...line, message: parameters[0] }, replaceErrors);
    } catch {
      return JSON.stringify({ ...line, message: format(parameters[0]) });
    }
  }
  const error = parameters.find((parameter) => parameter instanceof Error);
  const failure =
    error === undefined
      ? {}
      : {
          errorType: error.constructor?.name ?? 'UnknownError',
          errorMessage: error.message,
          stackTrace: typeof error.stack === 'string' ? error.stack.split('\n') : [],
        };
  return JSON.stringify({ ...line, message: format(...parameters), ...failure });
}

function writeAll(fd, bytes) {
  let written = 0;
  while (written < bytes.length) {
    try {
      written += writeSync(fd, bytes, written);
    } catch (error) {
      if (error.code !== 'EAGAIN') throw error;
    }
  }
}

function writeFrame(level, date, line) {
  const message = Buffer.from(line, 'utf8');
  const header = Buffer.alloc(16);
  const mask = (LEVELS.indexOf(level) + 1) << 2;
  header.writeUInt32BE(((json ? JSON_FRAME : TEXT_FRAME) | mask) >>> 0, 0);
  header.writeInt32BE(message.length, 4);
  header.writeBigInt64BE(BigInt(date.valueOf()) * 1000n, 8);
  writeAll(Number(frameFd), Buffer.concat([header, message]));
}

function write(level, parameters) {
  const date = new Date();
  const time = date.toISOString();
  const { requestId } = currentContext();
  const line = json
    ? toJsonLine(time, level, parameters)
    : `${time}\t${requestId}\t${level}\t${format(...parameters)}`;
  if (frameFd !== undefined) writeFrame(level, date, json ? line : `${line}\n`);
  else process.stdout.write(`${line.replaceAll('\n', '\r')}\n`);
}

export function patchConsole() {
  const threshold = LEVELS.indexOf(process.env.AWS_LAMBDA_LOG_LEVEL?.toUpperCase() ?? 'TRACE');
  for (const level of LEVELS) {
    const silent = LEVELS.indexOf(level) < threshold && level !== 'FATAL';
    const log = silent ? () => undefined : (...parameters) => write(level, parameters);
    console[level.toLowerCase()] = log;
    if (level === 'INFO') console.log = log;
  }
}

function withEnumerableProperties(_key, value) {
  if (!(value instanceof Error)) return value;
  const shown = { errorType: value.name, errorMessage: value.message, code: value.code, ...value };
  if (typeof value.stack === 'string') shown.stack = value.stack.split('\n');
  return shown;
}

export function logError(title, reason) {
  const error = reason instanceof Error ? reason : new Error(reason);
  if (json) console.error(error);
  else console.error(title, `\t${JSON.stringify(error, withEnumerableProperties)}`);
}

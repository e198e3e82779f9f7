// The local Lambda's Node runtime: loads LAMBDA_TASK_ROOT/_HANDLER, polls the Runtime API and calls
// the handler, with the log lines and error bodies of AWS's Node runtime interface client.
import http from 'node:http';
import { loadHandler } from './node-runtime-handler.mjs';
import { breakOff, isStreaming, offerStreaming, openResponse } from './node-runtime-streaming.mjs';
import { logError, patchConsole, setLogContext } from './node-runtime-console.mjs';

const API = `http://${process.env.AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime`;
const agent = new http.Agent({ keepAlive: true });

function call(method, path, { body, headers = {} } = {}) {
  return new Promise((resolve, reject) => {
    const request = http.request(`${API}${path}`, { agent, method, headers }, (response) => {
      const chunks = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () =>
        resolve({ headers: response.headers, body: Buffer.concat(chunks).toString('utf8') }),
      );
    });
    request.on('error', reject);
    request.end(body);
  });
}

function toErrorBody(error) {
  if (error instanceof Error || (error?.name && error.message && error.stack)) {
    return {
      errorType: error.name,
      errorMessage: error.message,
      trace: String(error.stack).split('\n'),
    };
  }
  return { errorType: typeof error, errorMessage: String(error), trace: [] };
}

function postError(path, error) {
  const body = toErrorBody(error);
  const headers = {
    'Content-Type': 'application/json',
    'Lambda-Runtime-Function-Error-Type': encodeURIComponent(body.errorType),
  };
  return call('POST', path, { body: JSON.stringify(body), headers });
}

/** Where an uncaught error is reported: init until the first invocation, then the one under way. */
let current = '/init/error';

async function die(title, error, exitCode) {
  logError(title, error);
  await postError(current, error).catch(() => undefined);
  process.exit(exitCode);
}

class UnhandledPromiseRejection extends Error {
  constructor(reason) {
    super(reason);
    this.reason = reason;
  }
}
UnhandledPromiseRejection.prototype.name = 'Runtime.UnhandledPromiseRejection';

function toContext(headers, settle) {
  const deadlineMs = Number(headers['lambda-runtime-deadline-ms']);
  return {
    callbackWaitsForEmptyEventLoop: true,
    functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: process.env.AWS_LAMBDA_FUNCTION_VERSION,
    memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: process.env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: process.env.AWS_LAMBDA_LOG_STREAM_NAME,
    invokedFunctionArn: headers['lambda-runtime-invoked-function-arn'],
    awsRequestId: headers['lambda-runtime-aws-request-id'],
    tenantId: headers['lambda-runtime-aws-tenant-id'],
    getRemainingTimeInMillis: () => deadlineMs - Date.now(),
    succeed: (result) => settle(undefined, result),
    fail: (error) => settle(error ?? 'handled'),
    done: settle,
  };
}

class NodeJsExit extends Error {}
NodeJsExit.prototype.name = 'Runtime.NodeJsExit';
const NEVER_SETTLED =
  'The Lambda runtime client detected an unexpected Node.js exit code. This is most commonly caused by a Promise that was never settled. For more information, see https://nodejs.org/docs/latest/api/process.html#exit-codes';

/** Ends the running invocation if nothing is left that could end it. */
let endAbandoned = () => undefined;
process.on('beforeExit', () => endAbandoned());

/** Calls the handler in either style; resolves to its result, rejects with its error. */
function run(handler, event, headers) {
  return new Promise((resolve, reject) => {
    endAbandoned = () =>
      handler.constructor.name === 'AsyncFunction'
        ? reject(new NodeJsExit(NEVER_SETTLED))
        : resolve(null);
    const settle = (error, result) =>
      error === undefined || error === null ? resolve(result) : reject(error);
    const result = handler(event, toContext(headers, settle), settle);
    if (typeof result?.then === 'function') result.then(resolve, reject);
  });
}

async function stream(handler, event, { headers, path }) {
  const { stream: response, done } = openResponse(`${API}${path}/response`);
  const never = () => undefined;
  await handler(event, response, toContext(headers, never)).then(
    () => response.end(),
    async (error) => {
      if (!response.headersSent) {
        response.destroy();
        throw error;
      }
      logError('Invoke Error', error);
      breakOff(response, toErrorBody(error));
    },
  );
  await done;
}

/** A result without a JSON form (a BigInt, a cycle) is an error of the function, worded as in AWS's runtime. */
function toBody(result) {
  try {
    return JSON.stringify(result ?? null) ?? 'null';
  } catch {
    throw new Error('Unable to stringify response body');
  }
}

async function answer(path, outcome) {
  if ('error' in outcome) {
    logError('Invoke Error', outcome.error);
    await postError(`${path}/error`, outcome.error);
    return;
  }
  const { body } = outcome;
  const headers = { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) };
  await call('POST', `${path}/response`, { body, headers });
}

async function serve(handler) {
  for (;;) {
    const { headers, body } = await call('GET', '/invocation/next');
    const requestId = headers['lambda-runtime-aws-request-id'];
    const tenantId = headers['lambda-runtime-aws-tenant-id'];
    const path = `/invocation/${encodeURIComponent(requestId)}`;
    current = `${path}/error`;
    const traceId = headers['lambda-runtime-trace-id'];
    if (traceId === undefined) delete process.env._X_AMZN_TRACE_ID;
    else process.env._X_AMZN_TRACE_ID = traceId;
    await setLogContext({ requestId, tenantId }, async () => {
      const event = JSON.parse(body);
      const running = isStreaming(handler)
        ? stream(handler, event, { headers, path })
        : run(handler, event, headers).then(toBody);
      const outcome = await running.then(
        (body) => ({ body }),
        (error) => ({ error }),
      );
      if (!isStreaming(handler) || 'error' in outcome) await answer(path, outcome);
    });
  }
}

patchConsole();
offerStreaming();
process.on('uncaughtException', (error) => void die('Uncaught Exception', error, 129));
process.on('unhandledRejection', (reason) => {
  const error = new UnhandledPromiseRejection(reason);
  void die('Unhandled Promise Rejection', error, 128);
});

const { LAMBDA_TASK_ROOT, _HANDLER } = process.env;
const handler = await loadHandler(LAMBDA_TASK_ROOT, _HANDLER, process.argv[2]);
if (process.env.AWS_LAMBDA_INITIALIZATION_TYPE === 'snap-start') await call('GET', '/restore/next');
const loops = Number(process.env.AWS_LAMBDA_MAX_CONCURRENCY ?? 1);
await Promise.all(Array.from({ length: loops }, () => serve(handler)));

// A runtime for the emulator and the local Lambda alike: as many polls as it may have requests at once.
// A payload says what to print (objects as JSON lines with the request's id), how long to take, how to end.
const api = `http://${process.env.AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime/invocation`;
const print = (line) => process.stdout.write(`${line}\n`);
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

async function serve() {
  for (;;) {
    const next = await fetch(`${api}/next`);
    const requestId = next.headers.get('lambda-runtime-aws-request-id');
    const { lines = [], raw = [], sleepMs = 0, error } = await next.json();
    for (const line of lines) print(JSON.stringify({ level: 'info', requestId, message: line }));
    for (const line of raw) print(line);
    await sleep(sleepMs);
    const [path, headers, body] =
      error === undefined
        ? ['response', {}, 'done']
        : ['error', { 'Lambda-Runtime-Function-Error-Type': error }, { errorType: error }];
    const answer = { method: 'POST', headers, body: JSON.stringify(body) };
    // The answer to a request that has timed out is refused, and that is all.
    await fetch(`${api}/${requestId}/${path}`, answer).catch(() => undefined);
  }
}

print('runtime loading');
const polls = Number(process.env.AWS_LAMBDA_MAX_CONCURRENCY ?? 1);
await Promise.all(Array.from({ length: polls }, serve));

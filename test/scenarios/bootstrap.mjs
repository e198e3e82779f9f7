// A custom runtime: the least that the Runtime API asks for. It prints what it is told to.
const api = `http://${process.env.AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime/invocation`;
process.stdout.write('bootstrap loading\n');
for (;;) {
  const next = await fetch(`${api}/next`);
  const requestId = next.headers.get('lambda-runtime-aws-request-id');
  const { lines = [], error } = await next.json();
  for (const line of lines) process.stdout.write(`${line}\n`);
  if (error === undefined) {
    await fetch(`${api}/${requestId}/response`, { method: 'POST', body: '"done"' });
  } else {
    await fetch(`${api}/${requestId}/error`, {
      method: 'POST',
      headers: { 'Lambda-Runtime-Function-Error-Type': error },
      body: JSON.stringify({ errorType: error, errorMessage: 'failed on purpose' }),
    });
  }
}

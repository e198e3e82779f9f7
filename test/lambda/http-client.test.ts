import { createApiClient } from '../../src/lambda/http-client';
import type { ApiClient } from '../../src/lambda/http-client';
import { startScriptedServer } from './scripted-server';
import type { Responder, ScriptedServer } from './scripted-server';

const cleanups: (() => unknown)[] = [];

async function connect(respond: Responder): Promise<{ api: ScriptedServer; client: ApiClient }> {
  const api = await startScriptedServer(respond);
  const client = createApiClient(api.address);
  cleanups.push(
    () => client.close(),
    () => api.close(),
  );
  return { api, client };
}

afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

it('an answer has status, headers and body', async () => {
  const { client } = await connect((_, response) =>
    response.writeHead(418, { 'X-A': 'b' }).end('größe'),
  );
  const answer = await client.send({ method: 'GET', path: '/x' });
  expect(answer).toMatchObject({ kind: 'answered', status: 418, body: 'größe' });
  expect(answer.kind === 'answered' && answer.headers.get('x-a')).toBe('b');
});

it('reports that the request is on its way before any answer', async () => {
  const sent = jest.fn();
  const { client } = await connect((_, response) => {
    expect(sent).toHaveBeenCalledTimes(1);
    response.end();
  });
  expect(await client.send({ method: 'GET', path: '/', onSent: sent })).toMatchObject({
    status: 200,
  });
});

it('the client sends again at once when a kept connection turns out to be closed', async () => {
  let requests = 0;
  const { api, client } = await connect(({ socket }, response) => {
    requests += 1;
    if (requests === 2) socket.resetAndDestroy();
    else response.end(String(requests));
  });
  await client.send({ method: 'GET', path: '/1' });
  expect(await client.send({ method: 'GET', path: '/2' })).toMatchObject({ body: '3' });
  expect(api.received.map(({ path }) => path)).toEqual(['/1', '/2', '/2']);
});

it('the client does not send again when a fresh connection is reset', async () => {
  const { api, client } = await connect(({ socket }) => socket.resetAndDestroy());
  expect(await client.send({ method: 'GET', path: '/' })).toMatchObject({ kind: 'failed' });
  expect(api.received).toHaveLength(1);
});

it('the client gives up after the timeout that was asked for', async () => {
  const { client } = await connect(() => undefined);
  expect(await client.send({ method: 'GET', path: '/', timeoutMs: 20 })).toEqual({
    kind: 'failed',
    message: 'no answer within 20 ms',
  });
});

it('the client takes no answer beyond 1 MiB', async () => {
  const { client } = await connect((_, response) => response.end(Buffer.alloc(1_048_577)));
  expect(await client.send({ method: 'GET', path: '/' })).toMatchObject({ kind: 'failed' });
});

it.each(['', 'a b', 'host:port', '127.0.0.1:1'])('fails as a value for %p', async (address) => {
  const client = createApiClient(address);
  expect(await client.send({ method: 'GET', path: '/', timeoutMs: 2_000 })).toMatchObject({
    kind: 'failed',
  });
});

it('the client takes an address with a scheme', async () => {
  const api = await startScriptedServer((_, response) => response.end('ok'));
  cleanups.push(() => api.close());
  const client = createApiClient(`http://${api.address}`);
  cleanups.push(() => client.close());
  expect(await client.send({ method: 'GET', path: '/' })).toMatchObject({ body: 'ok' });
});

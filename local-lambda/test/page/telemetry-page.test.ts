// The page's server, as programs ask it: methods, paths, foreign hosts.
import { request } from 'node:http';
import { startTelemetryPage } from '../../src/page/telemetry-page';
import type { TelemetryPage } from '../../src/page/telemetry-page';

let page: TelemetryPage;

beforeAll(async () => {
  page = await startTelemetryPage({ port: 0 });
});
afterAll(() => page.close());

interface Answer {
  readonly status: number | undefined;
  readonly length: string | undefined;
  readonly body: string;
}

const ask = (method: string, path: string, host = '127.0.0.1'): Promise<Answer> =>
  new Promise((settle, reject) => {
    const asked = request(`${page.url}${path}`, { method, headers: { host } }, (response) => {
      let body = '';
      response.on('data', (chunk: Buffer) => (body += chunk.toString()));
      response.on('end', () => {
        const { statusCode: status, headers } = response;
        settle({ status, length: headers['content-length'], body });
      });
    });
    asked.on('error', reject).end();
  });

test('HEAD / is answered as GET /, without the body', async () => {
  const got = await ask('GET', '/');
  expect(got.body).toContain('<title>Local Lambda</title>');
  expect(await ask('HEAD', '/')).toEqual({ status: 200, length: got.length, body: '' });
});

test('HEAD of the stream ends', async () => {
  expect(await ask('HEAD', '/stream')).toMatchObject({ status: 200, body: '' });
});

test.each([
  ['POST', '/', '127.0.0.1', 405],
  ['GET', '/favicon.ico', '127.0.0.1', 404],
  ['GET', '/', 'evil.example', 404],
  ['HEAD', '/', 'evil.example', 404],
])('%s %s of %s is answered with %i', async (method, path, host, status) => {
  expect(await ask(method, path, host)).toMatchObject({ status });
});

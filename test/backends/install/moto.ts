// moto's server: CloudWatch Logs, CloudWatch, X-Ray and other AWS APIs in memory. It does not verify signatures.
import { freePort } from '../../free-ports';
import { answersOk } from './http-query';
import { install } from './install';
import { sayOnStderr } from './progress';
import type { BackendOptions } from './progress';
import { startServer } from './server-process';

export interface Moto {
  /** Endpoint of every AWS service. */
  readonly url: string;
  /** An AWS JSON 1.1 call, e.g. `('logs', 'Logs_20140328.FilterLogEvents', {…})`. */
  call(service: string, target: string, input: unknown): Promise<unknown>;
  output(): string;
  stop(): Promise<void>;
}

/** Installs moto on first use, from PyPI into a virtual environment; needs Python 3. */
export async function startMoto(options: BackendOptions = {}): Promise<Moto> {
  const python = await install('moto', options.say ?? sayOnStderr);
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const server = await startServer({
    name: 'moto',
    command: [python, '-m', 'moto.server', '--host', '127.0.0.1', '--port', String(port)],
    isReady: () => answersOk(`${url}/moto-api/`),
  });
  return {
    url,
    call: (service, target, input) => call(url, service, { target, input }),
    output: () => server.output(),
    stop: () => server.stop(),
  };
}

async function call(
  url: string,
  service: string,
  request: { readonly target: string; readonly input: unknown },
): Promise<unknown> {
  const credential = `local/20260101/us-east-1/${service}/aws4_request`;
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': request.target,
      authorization: `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=host, Signature=0`,
    },
    body: JSON.stringify(request.input),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${request.target}: ${response.status} ${text.slice(0, 500)}`);
  return JSON.parse(text);
}

// What the doctor's tests share: servers on loopback, a function's configuration, and its examination.
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo, Server as TcpServer } from 'node:net';
import { examine } from '../../cli/doctor/examine';
import { readFunctionConfiguration } from '../../cli/doctor/function-configuration';

export const ENDPOINT = 'OTEL_EXPORTER_OTLP_ENDPOINT';
export const OWN_LAYER = 'arn:aws:lambda:eu-west-1:123456789012:layer:lambda-otlp-node:7';

/** Called after the test. */
export const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

export async function listenTcp(server: Server | TcpServer): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

export async function listen(answer: RequestListener): Promise<string> {
  const server = createServer(answer);
  closing.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${await listenTcp(server)}`;
}

export function answering(status: number, headers = {}, body = ''): RequestListener {
  return (request, response) => {
    request.resume().on('end', () => response.writeHead(status, headers).end(body));
  };
}

export interface Rest {
  readonly Runtime?: string;
  readonly Layers?: readonly string[];
  readonly Timeout?: number;
}

/** As `aws lambda get-function-configuration` prints it. */
export function deployed(variables: Readonly<Record<string, string>>, rest: Rest = {}): string {
  const { Layers = [OWN_LAYER], ...others } = rest;
  return JSON.stringify({
    FunctionName: 'orders',
    FunctionArn: 'arn:aws:lambda:eu-west-1:123456789012:function:orders',
    Runtime: 'nodejs22.x',
    Architectures: ['arm64'],
    MemorySize: 512,
    Timeout: 30,
    ...others,
    Layers: Layers.map((Arn) => ({ Arn })),
    Environment: { Variables: variables },
  });
}

export async function diagnose(text: string) {
  const examination = await examine(readFunctionConfiguration(text, 'orders.json'), {
    canSend: true,
  });
  const [first] = examination.findings;
  return { first: first && `${first.level} ${first.about}: ${first.text}`, examination };
}

// An unpacked layer and the least of Lambda it needs to live: an Extensions API on a real socket that
// answers the first event/next with SHUTDOWN.
import { execFileSync, spawn } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Life {
  readonly exitCode: number | null;
  /** `METHOD /path` of each request, in order. */
  readonly requests: readonly string[];
  readonly stderr: string;
}

// Python's zipfile restores no modes by itself; Lambda does.
const unpackScript = `
import os, sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as z:
    for i in z.infolist():
        os.chmod(z.extract(i, sys.argv[2]), (i.external_attr >> 16) & 0o777)
`;

export function unpack(zip: string, folder: string): void {
  execFileSync('python3', ['-c', unpackScript, zip, folder]);
}

/** Starts `extension` with nothing but `variables` and the address of the API, until it exits. */
export async function live(
  extension: string,
  variables: Readonly<Record<string, string>>,
): Promise<Life> {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    const { method = '', url = '' } = request;
    requests.push(`${method} ${url}`);
    request.resume().once('end', () => {
      response.setHeader('Lambda-Extension-Identifier', 'test-identifier');
      const shutdown = { eventType: 'SHUTDOWN', shutdownReason: 'spindown' };
      response.end(
        url.endsWith('/event/next')
          ? JSON.stringify({ ...shutdown, deadlineMs: Date.now() + 2000 })
          : '{}',
      );
    });
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  try {
    return await new Promise((settle, reject) => {
      const env = { ...variables, AWS_LAMBDA_RUNTIME_API: address };
      const child = spawn(extension, [], { env, stdio: ['ignore', 'ignore', 'pipe'] });
      let stderr = '';
      child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
      child.once('error', reject);
      child.once('close', (exitCode) => settle({ exitCode, requests, stderr }));
    });
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

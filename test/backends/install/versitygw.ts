// A real S3-compatible server that verifies Signature Version 4, over a folder of its own that goes with it.
import { mkdir, mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { freePort } from '../../free-ports';
import { install } from './install';
import { sayOnStderr } from './progress';
import type { BackendOptions } from './progress';
import { startServer } from './server-process';

export interface ObjectStore {
  readonly url: string;
  readonly bucket: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Keys of the bucket's objects, sorted. Read from the store's folder, so no signer of ours is trusted. */
  keys(): Promise<readonly string[]>;
  read(key: string): Promise<Buffer>;
  output(): string;
  stop(): Promise<void>;
}

const CREDENTIALS = { accessKeyId: 'local-access-key', secretAccessKey: 'local-secret-key' };

/** Installs versitygw on first use; `bucket` exists from the beginning. */
export async function startObjectStore(
  bucket: string,
  options: BackendOptions = {},
): Promise<ObjectStore> {
  const binary = await install('versitygw', options.say ?? sayOnStderr);
  const port = await freePort();
  const dir = await mkdtemp(path.join(tmpdir(), 's3-'));
  await mkdir(path.join(dir, bucket));
  const url = `http://127.0.0.1:${port}`;
  const server = await startServer({
    name: 'versitygw',
    command: [binary, '--port', `127.0.0.1:${port}`, 'posix', '--nometa', dir],
    env: {
      ROOT_ACCESS_KEY: CREDENTIALS.accessKeyId,
      ROOT_SECRET_KEY: CREDENTIALS.secretAccessKey,
    },
    // Unsigned: refused with 403, which only a server that is up does.
    isReady: async () => (await fetch(url)).status === 403,
  });
  return {
    url,
    bucket,
    ...CREDENTIALS,
    keys: () => listFiles(path.join(dir, bucket)),
    read: (key) => readFile(path.join(dir, bucket, key)),
    output: () => server.output(),
    stop: async () => {
      await server.stop();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

async function listFiles(dir: string): Promise<readonly string[]> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(dir, path.join(entry.parentPath, entry.name)))
    .filter((key) => !key.startsWith('.sgwtmp'))
    .sort();
}

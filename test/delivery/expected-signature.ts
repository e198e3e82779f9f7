// SigV4 once more, without src/: what a received request's signature must be.
import { createHash, createHmac } from 'node:crypto';
import type { ReceivedRequest } from './scripted-endpoint';

const sha256 = (data: Buffer | string): string => createHash('sha256').update(data).digest('hex');
const hmac = (key: Buffer | string, data: string): Buffer =>
  createHmac('sha256', key).update(data).digest();

/** Recomputes the signature of a received request as the IAM User Guide's "Create a signed request" says. */
export function expectedSignature(request: ReceivedRequest, secret: string): string {
  const authorization = request.headers.authorization ?? '';
  const [, scope = '', names = ''] =
    /Credential=[^/]+\/([^,]+), SignedHeaders=([^,]+)/.exec(authorization) ?? [];
  const [path = '', query = ''] = request.path.split('?');
  const header = (name: string): string => String(request.headers[name]).trim().replace(/ +/g, ' ');
  const canonical = [
    request.method,
    path,
    query.split('&').sort().join('&'),
    ...names.split(';').map((name) => `${name}:${header(name)}`),
    '',
    names,
    sha256(request.body),
  ].join('\n');
  const time = header('x-amz-date');
  const toSign = ['AWS4-HMAC-SHA256', time, scope, sha256(canonical)].join('\n');
  const key = scope.split('/').reduce((k: Buffer | string, part) => hmac(k, part), `AWS4${secret}`);
  return hmac(key, toSign).toString('hex');
}

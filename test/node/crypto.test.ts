import * as crypto from 'node:crypto';
import { chooseSha256, sha256Hex } from '../../src/node/crypto';

it('hashes alike on a Node.js without crypto.hash', () => {
  const { createHash } = crypto;
  const expected = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';
  expect(chooseSha256({ createHash })('abc')).toBe(expected);
  expect(sha256Hex('abc')).toBe(expected);
  expect(sha256Hex(Buffer.from('abc'))).toBe(expected);
});

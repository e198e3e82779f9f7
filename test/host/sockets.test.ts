// Sockets where something of the system is missing: file descriptors, /etc/hosts.
import { spawn, spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compileOnHost, hostProgram } from './host-layer';

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'host-sockets-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const has = (command: string, args: readonly string[]): boolean =>
  spawnSync(command, args).status === 0;
const itWithPrlimit = has('prlimit', ['--version']) ? it : it.skip;
const itWithRoot = has('unshare', ['-r', '-R', '/', 'true']) ? it : it.skip;

itWithPrlimit(
  'a connection that came while no file descriptor was left is accepted later',
  async () => {
    const program = `
    const net = require('node:net');
    const { openSync, closeSync, writeSync, constants } = require('node:fs');
    const server = net.createServer((socket) => {
      writeSync(1, 'accepted\\n');
      process.exit(0);
    });
    server.listen(0, () => {
      const files = [];
      try {
        for (;;) files.push(openSync('/dev/null', constants.O_RDONLY));
      } catch {
        writeSync(1, server.address().port + '\\n');
      }
      setTimeout(() => files.forEach(closeSync), 300);
    });
  `;
    compileOnHost(folder, program);
    const args = ['--nofile=32', hostProgram, 'run', folder, 'program'];
    const child = spawn('prlimit', args, { stdio: ['ignore', 'pipe', 'inherit'] });
    let output = '';
    const client = new Promise<void>((resolve) => {
      child.stdout.on('data', (chunk: Buffer) => {
        output += chunk.toString();
        const port = /^(\d+)\n$/.exec(output)?.[1];
        if (port === undefined) return;
        const socket = connect({ port: Number(port), host: '127.0.0.1' });
        socket.on('error', () => undefined).on('close', () => resolve());
      });
    });
    const deadline = setTimeout(() => child.kill(), 10_000);
    await client;
    clearTimeout(deadline);
    expect(output).toMatch(/^\d+\naccepted\n$/);
  },
);

itWithRoot('localhost is found in an image that has nothing but the layer', async () => {
  const server = createServer((socket) => socket.end());
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as AddressInfo;
  const program = `
    const socket = require('node:net').connect({ host: 'localhost', port: ${port} });
    const tell = (text) => { require('node:fs').writeSync(1, text); process.exit(0); };
    socket.on('connect', () => tell('connected'));
    socket.on('error', (error) => tell(error.code));
  `;
  compileOnHost(folder, program);
  copyFileSync(hostProgram, join(folder, 'host'));
  const args = ['-r', '-R', folder, '/host', 'run', '/', 'program'];
  const { stdout } = spawnSync('unshare', args, { encoding: 'utf8', timeout: 20_000 });
  server.close();
  expect(stdout).toBe('connected');
});

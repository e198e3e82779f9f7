// `require` for the program: Node's modules by the names that the bundle has them under, and the bundle's own
// files. Whatever else is asked for is an error that names it.
import type { CommonJsFile } from './host';
import * as buffer from './node/buffer';
import * as crypto from './node/crypto';
import * as events from './node/events';
import * as fs from './node/fs';
import * as net from './node/net';
import * as path from './node/path';
import { process } from './node/process';
import * as querystring from './node/querystring';
import * as timers from './node/timers';
import * as tls from './node/tls';
import * as url from './node/url';
import * as util from './node/util';
import * as v8 from './node/v8';
import * as zlib from './node/zlib';

const nodeModules: Readonly<Record<string, object>> = {
  buffer,
  crypto,
  events,
  fs,
  net,
  path,
  process,
  querystring,
  timers,
  tls,
  url,
  util,
  v8,
  zlib,
};

const loaded = new Map<string, { exports: object }>();

export function require(name: string): object {
  const bare = name.replace(/^node:/, '');
  const known = Object.hasOwn(nodeModules, bare) ? nodeModules[bare] : undefined;
  if (known !== undefined) return known;
  const own = /^\.\/([\w.-]+?)(?:\.js)?$/.exec(name)?.[1];
  if (own === undefined) {
    throw new Error(
      `${name}: expected a file of the program or one of Node's modules that this host has`,
    );
  }
  return loadFile(own);
}

function loadFile(name: string): object {
  const known = loaded.get(name);
  if (known !== undefined) return known.exports;
  const module: { exports: object } = { exports: {} };
  const file: CommonJsFile = host.process.load(name);
  // Before it runs: a file may require one that requires it.
  loaded.set(name, module);
  file(module.exports, require, module);
  return module.exports;
}

#!/usr/bin/env -S node --
// `--`: Node 20 takes --env-file for its own wherever it stands, unless this stands before it.
// A checkout runs its sources; the package, which has none, the program built from them.
const { existsSync } = require('node:fs');
const { join } = require('node:path');

const source = join(__dirname, '../src/cli/main.ts');
if (existsSync(source)) {
  require('esbuild-register');
  require(source);
} else require('../dist/cli.js');

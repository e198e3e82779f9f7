// Which functions a handler's module exports, as JSON on descriptor 3: standard output is the module's.
import { writeSync } from 'node:fs';
import { loadModule } from './node-runtime-handler.mjs';
import { offerStreaming } from './node-runtime-streaming.mjs';

offerStreaming();
const module = await loadModule(process.argv[2].replace(/\.[cm]js$/, ''));
const names = Object.keys(module).filter((name) => typeof module[name] === 'function');
writeSync(3, JSON.stringify(names));
process.exit();

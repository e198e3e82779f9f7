// The sample functions of layer/templates in TypeScript, Python (AWS's own runtime client) and Go (AWS's own library):
// their lines in Loki, each with its request, severity and structured fields, whatever the language calls them.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { buildSync } from 'esbuild';
import { startCollector } from './install/collector';
import type { Collector } from './install/collector';
import { eventually } from './install/http-query';
import { install } from './install/install';
import type { Loki, LokiLine } from './install/loki';
import { startLoki } from './install/loki';
import { report } from './report';
import { runFunction, uniqueFunctionName } from './run-function';
import { createServers } from './servers';

const SAMPLES = path.resolve(__dirname, '../../layer/templates/functions');
const servers = createServers();
const dir = mkdtempSync(path.join(tmpdir(), 'languages-'));
let loki: Loki;
let collector: Collector;
let python: string;

beforeAll(async () => {
  python = await install('awslambdaric', (line) => process.stderr.write(`${line}\n`));
  buildSync({
    entryPoints: [path.join(SAMPLES, 'typescript/handler.ts')],
    outfile: path.join(dir, 'handler.cjs'),
    platform: 'node',
    format: 'cjs',
  });
  cpSync(path.join(SAMPLES, 'go'), path.join(dir, 'go'), { recursive: true });
  const go = spawnSync('go', ['build', '-o', '../bootstrap', '.'], {
    cwd: path.join(dir, 'go'),
    encoding: 'utf8',
  });
  if (go.status !== 0) throw new Error(`go build: ${go.stderr}`);
  loki = servers.add(await startLoki());
  const env = { LOKI_URL: loki.url };
  collector = servers.add(await startCollector({ config: 'loki/collector.yaml', env }));
}, 900_000);

afterAll(async () => {
  await servers.stopAll();
  rmSync(dir, { recursive: true, force: true });
});

const LANGUAGES = {
  TypeScript: () => ({ handler: path.join(dir, 'handler.handler') }),
  Python: () => ({ bootstrap: [python, '-m', 'awslambdaric', 'handler.handler'] }),
  Go: () => ({ bootstrap: [path.join(dir, 'bootstrap')] }),
};

describe.each(Object.entries(LANGUAGES))('%s', (language, runtime) => {
  it(
    'shows the lines of a good and of a refused order, by request',
    servers.explained(async () => {
      const name = uniqueFunctionName(`orders-${language.toLowerCase()}`);
      const run = await runFunction({
        functionName: name,
        payloads: [{ id: 'A1' }, { id: 'B2', fail: true }],
        environment: {
          OTEL_EXPORTER_OTLP_ENDPOINT: collector.otlpUrl,
          PYTHONPATH: path.join(SAMPLES, 'python'),
        },
        lambda: { ...runtime(), logFormat: 'JSON', timeoutMs: 10_000 },
      });
      const [good, refused] = run.invocations;
      expect(refused?.functionError).toBe('Unhandled');
      const received = await linesOf(name, `faas_invocation_id="${good?.requestId ?? ''}"`);
      report(`Loki: ${language}`, `{service_name="${name}"}`, received);
      const accepted = received.map(({ line }) => line.trim());
      expect(accepted).toContain('order A1 accepted');
      const failed = await linesOf(name, `faas_invocation_id="${refused?.requestId ?? ''}"`);
      // TypeScript logs an object, whose text is the body; the others have the key beside it.
      const texts = failed.map(({ line, labels }) => `${line} ${labels['orderId'] ?? ''}`);
      expect(texts.filter((text) => /order received.*B2/.test(text))).toHaveLength(1);
    }),
  );
});

function linesOf(name: string, filter: string): Promise<readonly LokiLine[]> {
  return eventually(
    () => loki.query(`{service_name="${name}"} | ${filter}`),
    (answer) => {
      const lines = answer as readonly LokiLine[];
      return lines.some(({ line }) => line.includes('order received')) ? lines : undefined;
    },
  );
}

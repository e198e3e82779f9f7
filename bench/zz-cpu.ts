import { startBenchLambda, invoke } from './bench-lambda';
import { createContestants } from './contestants';
import { startOtlpSink } from './otlp-sink';
import { execSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
const [layers, n, flush] = process.argv.slice(2);
async function main() {
  const counts = Number(n ?? 500);
  for (const layer of (layers ?? 'build/layer').split(',')) {
    const floor = layer === 'floor';
    const c = createContestants({ layer: floor ? 'build/layer' : layer, node: process.execPath, also: [], environment: {} });
    const sink = await startOtlpSink('ok');
    const bench = await startBenchLambda(c.list[floor ? 1 : 0]!, sink.url, { environment: { LAMBDA_OTLP_FLUSH: flush ?? 'end', ...JSON.parse(process.env['XENV'] ?? '{}') } });
    const pid = execSync('pgrep -f "main.js$|minimal-extension.js$" | tail -1').toString().trim();
    const stat = () => { const f = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' '); return { u: +f[11]! * 10, s: +f[12]! * 10 }; };
    const threads = () => readdirSync(`/proc/${pid}/task`).map((t) => Number(readFileSync(`/proc/${pid}/task/${t}/schedstat`, 'utf8').split(' ')[0]) / 1e6);
    let last = 0, lc = 0, ls = { u: 0, s: 0 }, lt = 0;
    const out: string[] = [];
    for (let i = 1; i <= counts; i++) {
      await invoke(bench.lambda, 2);
      if ([20, 100, 200, 400, 700, 1000, 2000, 3000, counts].includes(i)) {
        const st = bench.statistics()!; const us = stat(); const t0 = threads()[0]!;
        const d = i - last;
        out.push(`${i}: ${((st.cpuMs - lc) / d).toFixed(2)}ms (main ${((t0 - lt) / d).toFixed(2)}, u ${((us.u - ls.u) / d).toFixed(2)} s ${((us.s - ls.s) / d).toFixed(2)}) anon ${(st.anonymousBytes / 1e6).toFixed(1)} peak ${(st.peakRssBytes/1e6).toFixed(0)}`);
        last = i; lc = st.cpuMs; ls = us; lt = t0;
      }
    }
    console.log(layer + '\n  ' + out.join('\n  '));
    await bench.lambda.shutdown(); await sink.close(); c.close();
  }
}
void main();

// `npm run demo:picture`: the demo's page, drawn by a real Chromium to docs/ui.png. A picture of a run that
// failed is not made.
import { spawn } from 'node:child_process';
import { resolve } from 'node:path';
import { findChromium } from 'local-lambda/page/find-chromium';
import { chromium } from 'playwright-core';

const PROJECT = resolve(__dirname, '..');
const TARGET = resolve(PROJECT, 'docs/ui.png');

async function draw(url: string, executablePath: string): Promise<void> {
  const args = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  const browser = await chromium.launch({ executablePath, args });
  const page = await browser.newPage({
    viewport: { width: 1280, height: 800 },
    deviceScaleFactor: 1.5,
    colorScheme: 'light',
  });
  await page.goto(url);
  await page.getByRole('button', { name: /handler throws/ }).click();
  // The picture must not show the path of this checkout.
  await page.evaluate(
    `for (const line of document.querySelectorAll('.log .body'))
      line.textContent = line.textContent.replaceAll(${JSON.stringify(`file://${PROJECT}/`)}, '');`,
  );
  await page.screenshot({ path: TARGET });
  await browser.close();
}

/** Resolves to the page's address once the demo's checks are done; rejects if the demo ends before that. */
function runDemo(): { readonly url: Promise<string>; readonly stop: () => void } {
  const demo = spawn('npm', ['run', '--silent', 'demo', '--', '--ui', '0'], {
    cwd: PROJECT,
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  const url = new Promise<string>((settle, reject) => {
    demo.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      const found = /(http:\S+) stays until Ctrl-C/.exec(output)?.[1];
      if (found !== undefined) settle(found);
    });
    demo.on('exit', () => reject(new Error(`the demo ended too early\n${output}`)));
  });
  return { url, stop: () => process.kill(-(demo.pid ?? 0), 'SIGINT') };
}

async function main(): Promise<void> {
  const executablePath = findChromium();
  if (executablePath === undefined) {
    throw new Error('expected chromium in PATH or CHROMIUM, found none; no picture was made');
  }
  const demo = runDemo();
  try {
    await draw(await demo.url, executablePath);
  } finally {
    demo.stop();
  }
  console.log(`wrote ${TARGET}`);
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});

// The page in a real browser: what arrives is seen, found and opened, by mouse and by keyboard. Skipped,
// with a line that says so, where there is no Chromium (Debian: apt-get install chromium).
import { chromium } from 'playwright-core';
import type { Browser, Page } from 'playwright-core';
import { findChromium } from '../../src/page/find-chromium';
import { startTelemetryPage } from '../../src/page/telemetry-page';
import type { TelemetryPage } from '../../src/page/telemetry-page';
import { bars, batches, HOSTILE, line, requestOf } from './page-sample';

const executablePath = findChromium();
if (executablePath === undefined) {
  console.warn('SKIPPED: the page in a browser; expected chromium in PATH or CHROMIUM, found none');
}
const inBrowser = executablePath === undefined ? describe.skip : describe;

inBrowser('the page', () => {
  let browser: Browser;
  let server: TelemetryPage;
  let page: Page;
  const outside: string[] = [];
  const errors: string[] = [];

  beforeAll(async () => {
    // A container's root has no sandbox to offer.
    const args = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
    browser = await chromium.launch({ executablePath: executablePath ?? '', args });
  }, 60_000);
  afterAll(() => browser.close());

  beforeEach(async () => {
    server = await startTelemetryPage({ port: 0 });
    for (const batch of batches) server.add(batch);
    page = await browser.newPage({ viewport: { width: 1280, height: 860 } });
    page.on('pageerror', (error) => errors.push(error.message));
    page.on('request', (request) => {
      if (!request.url().startsWith(server.url)) outside.push(request.url());
    });
    await page.goto(server.url);
    await page.locator('.request').first().waitFor();
  });
  afterEach(async () => {
    await page.close();
    await server.close();
    expect({ outside, errors }).toEqual({ outside: [], errors: [] });
  });

  const titles = (): Promise<readonly string[]> => page.locator('.request-title').allTextContents();

  test('lists the requests, newest first, with errors and cold starts marked', async () => {
    expect(await titles()).toEqual(['third', 'second', 'first']);
    expect(await page.locator('.request.failed .error-type').allTextContents()).toEqual([
      'PaymentDeclined',
    ]);
    expect(await page.locator('.request .badge.cold').count()).toBe(1);
    expect(await page.locator('.summary').textContent()).toBe('3 requests1 error1 cold start');
  });

  test('shows the spans of a request, its lines beneath, and what failed', async () => {
    await page.getByRole('button', { name: /second/ }).click();
    expect(await page.locator('.span-name').allTextContents()).toEqual(['✖ second', 'work']);
    expect(await page.locator('.note.failed').textContent()).toBe('PaymentDeclined: card declined');
    expect(await page.locator('.log .body').allTextContents()).toEqual(['line of second']);
    await page.locator('.span').last().click();
    await page.locator('.attributes').first().waitFor();
    expect(await page.locator('.attributes th').first().textContent()).toBe('step');
  });

  test('what a function wrote is text and nothing else', async () => {
    server.add(line('third', HOSTILE));
    await page.getByText(HOSTILE, { exact: true }).waitFor();
    expect(await page.locator('img, script[src], iframe').count()).toBe(0);
  });

  test('finds a request by its id and by the text of its lines', async () => {
    const search = page.getByRole('searchbox');
    await search.fill(requestOf('first'));
    expect(await titles()).toEqual(['first']);
    await search.fill('line of second');
    expect(await titles()).toEqual(['second']);
    await search.fill('no such thing');
    await page.getByText('No request matches.').waitFor();
  });

  test('new telemetry appears without a reload', async () => {
    server.add(line('fourth', 'hello'));
    await page.getByText('in progress').first().waitFor();
    expect((await titles()).length).toBe(4);
  });

  test('is used by the keyboard alone', async () => {
    await page.keyboard.press('j');
    expect(await page.locator('.request[aria-current] .request-title').textContent()).toBe(
      'second',
    );
    await page.keyboard.press('k');
    await page.keyboard.press('e');
    expect(await page.locator('.request[aria-current] .request-title').textContent()).toBe(
      'second',
    );
    await page.keyboard.press('/');
    await page.keyboard.type('first');
    expect(await titles()).toEqual(['first']);
    await page.keyboard.press('Escape');
    expect((await titles()).length).toBe(3);
    await page.keyboard.press('3');
    expect(await page.locator('.metrics tbody th').first().textContent()).toContain('orders');
    await page.keyboard.press('2');
    expect(await page.locator('.log').count()).toBe(3);
    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'Keys' }).waitFor();
  });

  test.each(['light', 'dark'] as const)('text is readable in %s, WCAG AA', async (colorScheme) => {
    await page.emulateMedia({ colorScheme });
    await page.getByRole('button', { name: /second/ }).click();
    const ratios = await page.evaluate(contrastRatios);
    expect(ratios.length).toBeGreaterThan(20);
    expect(ratios.filter(({ ratio }) => ratio < 4.5)).toEqual([]);
  });

  test.each([390, 800, 1280])('no time of a waterfall is cut off at %i pixels', async (width) => {
    await page.setViewportSize({ width, height: 800 });
    // The last tick stands at 84 %, 86 %, 95 % and 100 % of them.
    for (const durationMs of [714, 698, 632, 600]) {
      server.add(bars(durationMs));
      await page.getByRole('button', { name: `lasts ${durationMs} ms` }).click();
      const cut = await page.evaluate(labelsCutOff);
      expect({ durationMs, cut }).toEqual({ durationMs, cut: [] });
    }
  });

  test('nothing is cut off on a narrow screen', async () => {
    await page.setViewportSize({ width: 390, height: 800 });
    const overflow = await page.evaluate(
      'document.documentElement.scrollWidth - document.documentElement.clientWidth',
    );
    expect(overflow).toBe(0);
  });
});

/** Runs in the page: labels of the waterfall that reach beyond its edges. */
const labelsCutOff = `(() => {
  const { left, right } = document.querySelector('.waterfall').getBoundingClientRect();
  return [...document.querySelectorAll('.ticks .track span, .bar-label')]
    .filter((element) => getComputedStyle(element).visibility !== 'hidden')
    .map((element) => [element.textContent, element.getBoundingClientRect()])
    .filter(([, box]) => box.left < left || box.right > right)
    .map(([text]) => text);
})()` as unknown as () => readonly string[];

/** Runs in the page: the contrast of every text against what is behind it. WCAG 2.2, 1.4.3. */
const contrastRatios = `(() => {
  const channels = (color) => (color.match(/[\\d.]+/g) ?? []).map(Number);
  const luminance = ([r, g, b]) =>
    [r, g, b]
      .map((value) => value / 255)
      .map((value) => (value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4))
      .reduce((sum, value, index) => sum + value * [0.2126, 0.7152, 0.0722][index], 0);
  const behind = (element) => {
    for (let each = element; each; each = each.parentElement) {
      const color = channels(getComputedStyle(each).backgroundColor);
      if (color.length === 3 || color[3] > 0.99) return color;
    }
    return [255, 255, 255];
  };
  return [...document.querySelectorAll('#page *')]
    .filter((element) => [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim()))
    .filter((element) => element.getClientRects().length > 0)
    .map((element) => {
      const [a, b] = [luminance(channels(getComputedStyle(element).color)), luminance(behind(element))];
      const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
      return { text: element.textContent.slice(0, 30), ratio: Math.round(ratio * 100) / 100 };
    });
})()` as unknown as () => readonly { readonly text: string; readonly ratio: number }[];

// The pages in a real browser: they show what they should, fit a phone's screen where phones open them, break none of
// their own rules, and fetch nothing from anywhere but the node.

import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OPERATIONS } from '../../src/http-server/openapi.ts';
import { freePort, type RunningNode, startNode, temporaryDirectory } from './node.ts';

const PHONE = { width: 360, height: 740 };
const OFFICE = { width: 1280, height: 900 };
const SOFA = '/88.118.10001/SOFA-N301.2608A.0001';
const RECALLED = '/88.118.10001/BED-K120.2608A.0007';
/** For who looks on: `JIABIAO_TEST_SCREENSHOTS=folder` keeps a picture of each page. */
const PICTURES = process.env.JIABIAO_TEST_SCREENSHOTS;

// Other systems call their browsers otherwise; only on Linux do the tests' tools provide one.
describe.runIf(process.platform === 'linux')('in a browser', () => {
  const directory = temporaryDirectory();
  let node: RunningNode;
  let browser: Browser;

  beforeAll(async () => {
    node = await startNode({ directory: directory.path, port: await freePort(), arguments: ['--demo'] });
    await node.says('Stop it with Ctrl-C');
    browser = await chromium.launch({
      executablePath: '/usr/bin/chromium',
      args: ['--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1'],
    });
  });

  afterAll(async () => {
    await browser?.close();
    await node?.stop();
    directory.remove();
  });

  async function open(path: string, locale: string, viewport = PHONE): Promise<Visit> {
    const context = await browser.newContext({ viewport, locale, deviceScaleFactor: 2 });
    return visit(context, node.url, path);
  }

  it.each([
    ['zh-CN', SOFA, ['产品名称', '标识有效']],
    ['en-US', SOFA, ['Product name', 'Registered']],
    ['zh-CN', RECALLED, ['护栏间隙不合格', '标识已注销']],
    ['zh-CN', '/88.118.10001/NEVER-MADE', ['标识', '未找到该标识']],
    ['en-US', '/nonsense', ['Identifier', 'Not in our care']],
  ])('a scan speaks %s: %s', async (locale, path, words) => {
    const { page, violations, foreign, close } = await open(path, locale);
    await keepPicture(page, `scan-${locale}-${path.slice(1).replaceAll('/', '_')}`);
    const text = await page.innerText('body');
    for (const word of words) expect(text).toContain(word);
    expect(await overflow(page)).toBe(0);
    await page.getByRole('link', { name: locale === 'zh-CN' ? 'English' : '中文' }).click();
    expect(await page.getAttribute('html', 'lang')).toBe(locale === 'zh-CN' ? 'en' : 'zh-CN');
    expect(violations).toEqual([]);
    expect(foreign).toEqual([]);
    await close();
  });

  it('/docs shows every operation, and tries one', async () => {
    const { page, violations, foreign, close } = await open('/docs', 'en-US', OFFICE);
    await page.waitForSelector('.opblock');
    await keepPicture(page, 'docs');
    expect(await page.locator('.opblock').count()).toBe(OPERATIONS.length);
    for (const { summary } of OPERATIONS) expect(await page.innerText('body')).toContain(summary);
    const ready = page.locator('#operations-Node-getReadiness');
    await ready.locator('.opblock-summary-control').click();
    await ready.getByRole('button', { name: 'Try it out' }).click();
    await ready.getByRole('button', { name: 'Execute' }).click();
    await expect.poll(() => ready.locator('.live-responses-table').innerText()).toContain('"status": "ready"');
    await keepPicture(page, 'docs-tried');
    expect(violations).toEqual([]);
    expect(foreign).toEqual([]);
    await close();
  });
});

interface Visit {
  readonly page: Page;
  /** What the browser said against the page, and errors of its scripts. */
  readonly violations: readonly string[];
  /** Addresses outside of the node that were asked for. */
  readonly foreign: readonly string[];
  close(): Promise<void>;
}

async function visit(context: BrowserContext, origin: string, path: string): Promise<Visit> {
  const violations: string[] = [];
  const foreign: string[] = [];
  context.on('request', (request) => {
    if (!request.url().startsWith(`${origin}/`) && !request.url().startsWith('data:')) foreign.push(request.url());
  });
  const page = await context.newPage();
  page.on('pageerror', (error) => violations.push(error.message));
  page.on('console', (message) => {
    // Chromium says so of every page that is no 200, as most of these are meant not to be.
    const isStatus = /^Failed to load resource: the server responded/.test(message.text());
    if (message.type() === 'error' && !isStatus) violations.push(message.text());
  });
  await page.goto(origin + path);
  return { page, violations, foreign, close: () => context.close() };
}

/** How far the page reaches beyond the screen's edge. It runs in the browser, whose names are not ours: so as text. */
function overflow(page: Page): Promise<number> {
  return page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth');
}

async function keepPicture(page: Page, name: string): Promise<void> {
  if (PICTURES !== undefined) await page.screenshot({ path: `${PICTURES}/${name}.png`, fullPage: true });
}

// What a person gets who opens the address of an identifier.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { labelOf } from '../../src/http-server/page-words.ts';
import { CHAIRS, type OpenDoor, openDoor } from './door.ts';
import { NAME, PRIVATE, register, revoke } from './registering.ts';

const HOSTILE = `<script>alert("1")</script>&'`;

let door: OpenDoor;
beforeAll(async () => {
  door = await openDoor();
  await register(
    door,
    {
      handle: `${CHAIRS}/C1`,
      values: [
        NAME,
        PRIVATE,
        { index: 1999, type: 'PRODUCT_NAME.EN', data: 'Superior chair' },
        { index: 2002, type: 'BRAND', data: HOSTILE },
        { index: 2003, type: HOSTILE, data: 'x' },
        { index: 2004, type: 'URL', data: 'https://example.org/?a=1&b="2"' },
        { index: 2005, type: 'LINK', data: 'javascript:alert(1)' },
        { index: 2006, type: 'BIN', data: { format: 'base64', value: 'AAEC/w==' } },
        { index: 2007, type: 'TRICK', data: 'abc\u202Etxt.exe' },
        { index: 1001, type: 'TEMPLATE', data: 'secret-template' },
      ],
    },
    { handle: `${CHAIRS}/<img src=x>`, values: [] },
    { handle: `${CHAIRS}/GONE`, values: [NAME] },
  );
  await revoke(door, `${CHAIRS}/GONE`, HOSTILE);
});
afterAll(() => door.close());

const BROWSER = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8';
const open = (path: string, headers: Record<string, string> = {}) =>
  door.ask('GET', path, { headers: { accept: BROWSER, ...headers } });

describe('the page of an identifier', () => {
  it('is Chinese or English, as the browser or the address asks', async () => {
    const chinese = await open(`/${CHAIRS}/C1`, { 'accept-language': 'zh-CN,zh;q=0.9,en;q=0.5' });
    expect(chinese.headers['cache-control']).toBe('public, max-age=60');
    expect(chinese.headers).toMatchObject({ 'content-language': 'zh-CN', vary: 'Accept, Accept-Language' });
    expect(chinese.text).toContain('<html lang="zh-CN">');
    expect(chinese.text).toContain('<h1>高级椅子</h1>');
    expect(chinese.text).toContain('<dt>产品名称</dt><dd>高级椅子</dd>');
    const english = await open(`/${CHAIRS}/C1`, { 'accept-language': 'en-US,en;q=0.9,zh;q=0.5' });
    expect(english.text).toContain('<h1>Superior chair</h1>');
    expect(english.text).toContain('<dt>Product name</dt><dd>高级椅子</dd>');
    expect((await open(`/${CHAIRS}/C1?lang=en`, { 'accept-language': 'zh' })).text).toContain('lang="en"');
    expect((await open(`/${CHAIRS}/C1?lang=zh-CN`, { 'accept-language': 'en' })).text).toContain('lang="zh-CN"');
    expect((await open(`/${CHAIRS}/C1`, { 'accept-language': 'fr' })).text).toContain('lang="zh-CN"');
  });

  it('escapes whatever was registered, and links only web addresses', async () => {
    const { text } = await open(`/${CHAIRS}/C1`);
    expect(text).not.toMatch(/<script|<img/);
    expect(text).toContain('&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&amp;&#39;');
    expect(text).toContain('href="https://example.org/?a=1&amp;b=&quot;2&quot;"');
    expect(text).not.toContain('href="javascript');
    expect(text).not.toContain('\u202e');
    expect((await open(`/${CHAIRS}/%3Cimg%20src=x%3E`)).text).not.toContain('<img');
    expect((await open(`/${CHAIRS}/GONE`)).text).not.toContain('<script');
    expect((await open(`/${CHAIRS}/%22%3E%3Cscript%3E`)).text).not.toContain('<script');
  });

  it('shows neither private values, nor what says nothing to people', async () => {
    const { text } = await open(`/${CHAIRS}/C1`, { authorization: `Bearer ${door.chairs}` });
    for (const hidden of ['12.50', 'secret-template', 'BIN']) expect(text).not.toContain(hidden);
  });

  it('runs and loads nothing', async () => {
    const { headers } = await open(`/${CHAIRS}/C1`);
    expect(headers['content-security-policy']).toMatch(
      /^default-src 'none'; style-src 'sha256-[^']+='; base-uri 'none'/,
    );
    expect(headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer' });
  });

  it('is framed by nobody, and gets nothing of the device', async () => {
    for (const path of [`/${CHAIRS}/C1`, `/${CHAIRS}/NEVER`, '/docs']) {
      const { headers } = await open(path);
      expect(headers['content-security-policy']).toContain("frame-ancestors 'none'");
      expect(headers).toMatchObject({
        'x-frame-options': 'DENY',
        'permissions-policy': expect.stringContaining('camera=()'),
      });
      expect(headers['strict-transport-security']).toBeUndefined();
    }
  });

  it.each([
    ['found', `${CHAIRS}/C1`, 200, '标识有效'],
    ['not found', `${CHAIRS}/NEVER`, 404, '未找到该标识'],
    ['revoked, with the reason', `${CHAIRS}/GONE`, 410, '原因'],
    ['not in our care', '99.1/x', 404, '不属于本节点'],
    ['no identifier', `${CHAIRS}/`, 400, '标识格式不正确'],
    ['in no encoding of ours', `${CHAIRS}/%D6%D0%`, 400, '标识格式不正确'],
    ['in another encoding', `${CHAIRS}/%D6%D0`, 400, '标识格式不正确'],
    ['something else', 'favicon.ico', 404, '不属于本节点'],
  ])('says that it is %s', async (_name, path, status, words) => {
    const told = await open(`/${path}`);
    expect(told.status).toBe(status);
    expect(told.text).toContain(words);
    expect(await door.ask('HEAD', `/${path}`, { headers: { accept: BROWSER } })).toMatchObject({ status, text: '' });
  });
});

describe('a program at the same address', () => {
  it.each([
    undefined,
    '*/*',
    'application/json',
    'application/*;q=0.9, text/html;q=0.5',
    'image/png',
  ])('that accepts %s gets the Handle API’s JSON', async (accept) => {
    const told = await door.ask('GET', `/${CHAIRS}/C1`, { headers: accept === undefined ? {} : { accept } });
    const api = await door.ask('GET', `/api/handles/${CHAIRS}/C1`);
    expect(told.text).toBe(api.text);
    expect(told.headers).toMatchObject({ vary: 'Accept', etag: api.headers.etag });
  });

  it('is told that nothing changed', async () => {
    const told = await door.ask('GET', `/${CHAIRS}/C1`, { headers: { 'if-none-match': 'W/"1"' } });
    expect(told).toMatchObject({ status: 304, text: '' });
  });
});

it('a type is named for people, however it is written', () => {
  for (const type of ['product_name', 'Product-Name', 'PRODUCT NAME']) expect(labelOf(type, 'zh')).toBe('产品名称');
  expect(labelOf('UNKNOWN_TYPE', 'en')).toBe('UNKNOWN_TYPE');
});

// The address of an identifier leads on to the address that is registered for it, as the reference server's proxy does; and not
// where somebody should rather see what is registered.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MAX_ALIASES_FOLLOWED } from '../../src/domain/limits.ts';
import { bareIdentifier } from '../../src/http-server/proxy-query.ts';
import { CHAIRS, type OpenDoor, openDoor, type Told } from './door.ts';
import { NAME, register, revoke } from './registering.ts';

const BROWSER = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8';
const url = (index: number, data: string, type = 'URL', more: object = {}) => ({ index, type, data, ...more });
const alias = (suffix: string) => ({ index: 1, type: 'HS_ALIAS', data: `${CHAIRS}/${suffix}` });
const LOCATIONS = `<locations chooseby="locatt,country,weighted">
<location id="cn" href="https://cn.example/" country="cn" weight="0"/>
<location id="a" href="https://a.example/?x=1&amp;y=2" weight="1"/>
<location id="b" href="https://b.example/" weight="3"/>
<location id="de" href="https://de.example/" weight="0" language="de"/>
<location id="moved" href="https://moved.example/" weight="0" http="308"/>
<location id="json" href="https://json.example/" weight="0" http_role="conneg" media-type="application/json"/>
<location id="own" href_template="https://own.example/{hdl}?of=chair" weight="0"/>
</locations>`;

let door: OpenDoor;
/** What is drawn for weights, from 0 to 255. */
let drawn = 0;

beforeAll(async () => {
  door = await openDoor({ options: { countryHeader: 'x-country', randomBytes: (size) => Buffer.alloc(size, drawn) } });
  const put = (suffix: string, ...values: object[]) => register(door, { handle: `${CHAIRS}/${suffix}`, values });
  await put(
    'U',
    NAME,
    url(3, 'https://three.example/', 'URL.DE'),
    url(2, 'https://two.example/p?q=1#f'),
    url(1, 'https://one.example/'),
  );
  await put('FAMILY', url(3, 'https://three.example/', 'URL.DE'));
  await put('PRODUCT', NAME, url(2004, 'https://data.example/'));
  await put('PRIVATE', NAME, url(1, 'https://private.example/', 'URL', { permissions: '1100' }));
  await put('SHORT', url(1, 'https://short.example/', 'URL', { ttl: 5 }));
  await put('NONE', NAME);
  await put('GONE', url(1, 'https://gone.example/'));
  await revoke(door, `${CHAIRS}/GONE`, 'broken');
  await put('RECALLED', url(1, 'https://recalled.example/'));
  const recall = { reason: 'fire', notice: 'Do not use it.' };
  await door.ask('POST', `/v1/identifiers/${CHAIRS}/RECALLED/recall`, { key: door.operator, json: recall });
  await register(door, { handle: `${CHAIRS}/ITEM`, parent: `${CHAIRS}/U`, values: [] });
  await put('ALIAS', alias('MIDDLE'));
  await put('MIDDLE', alias('U'));
  await put('LOOP', alias('LOOP2'));
  await put('LOOP2', alias('LOOP'));
  await put('LOST', alias('NOWHERE'));
  await put('ABROAD', { index: 1, type: 'HS_ALIAS', data: '10.1000/1 ü' });
  await put('HOST', { index: 1, type: 'HS_ALIAS', data: '/evil.example/x' });
  const unheardOf =
    '<locations chooseby="__proto__,toString"><location href="https://a.example/"/><location href="https://b.example/"/></locations>';
  await put('UNHEARD', url(2, unheardOf, '10320/loc'));
  for (let i = 0; i <= MAX_ALIASES_FOLLOWED; i++) await put(`CHAIN${i}`, alias(`CHAIN${i + 1}`));
  await put(`CHAIN${MAX_ALIASES_FOLLOWED + 1}`, NAME);
  await put('LOC', url(1, 'https://fallback.example/'), url(2, LOCATIONS, '10320/loc'));
});
afterAll(() => door.close());

const open = (suffix: string, headers: Record<string, string> = {}): Promise<Told> =>
  door.ask('GET', `/${CHAIRS}/${suffix}`, { headers });
const leads = async (suffix: string, headers: Record<string, string> = {}): Promise<unknown> =>
  (await open(suffix, headers)).headers.location;

describe('what a stranger registered', () => {
  it('leads to no other host by an alias, and to no failure by a choice that is none', async () => {
    expect(await leads('HOST?x=1')).toBe('/%2Fevil.example/x?x=1');
    expect(await leads('UNHEARD')).toBe('https://a.example/');
  });
});

describe('an address', () => {
  it('is followed, the one typed URL alone before others, whoever asks', async () => {
    for (const accept of [undefined, BROWSER, '*/*', 'application/json']) {
      const told = await open('U', accept === undefined ? {} : { accept });
      expect(told).toMatchObject({ status: 302, headers: { location: 'https://two.example/p?q=1#f' } });
      expect(told.text).toContain('<a href="https://two.example/p?q=1#f">');
    }
    expect(await leads('FAMILY')).toBe('https://three.example/');
    expect(await leads('ITEM')).toBe('https://one.example/');
    const head = await door.ask('HEAD', `/${CHAIRS}/U`);
    expect(head).toMatchObject({ status: 302, text: '', headers: { location: 'https://two.example/p?q=1#f' } });
  });

  it('is not followed where it is product data, private, or not there', async () => {
    for (const suffix of ['PRODUCT', 'PRIVATE', 'NONE']) expect((await open(suffix)).status).toBe(200);
    expect((await open('NOWHERE')).status).toBe(404);
  });

  it('is not followed when the product is recalled or revoked: people see why', async () => {
    const recalled = await open('RECALLED', { accept: BROWSER });
    expect(recalled).toMatchObject({ status: 200 });
    expect(recalled.text).toContain('Do not use it.');
    expect(await open('GONE', { accept: BROWSER })).toMatchObject({ status: 410 });
  });

  it('counts as long as its value, and is asked for again within a minute', async () => {
    const { headers } = await open('U');
    expect(headers).toMatchObject({ 'cache-control': 'public, max-age=60' });
    expect(Date.parse(headers.expires ?? '') - door.clock.nowMs).toBe(86_400_000);
    expect((await open('SHORT')).headers['cache-control']).toBe('public, max-age=5');
  });

  it.each(['noredirect', 'noredirect=true', 'action=showvalues'])('is shown for %s', async (query) => {
    expect(await open(`U?${query}`)).toMatchObject({ status: 200, json: { responseCode: 1 } });
    expect((await open(`U?${query}`, { accept: BROWSER })).text).toContain('https://two.example/');
  });

  it('is looked for among the values that are asked for, and so are those that are shown', async () => {
    expect(await leads('U?index=1')).toBe('https://one.example/');
    expect(await leads('U?type=URL.DE')).toBe('https://three.example/');
    const told = await open(`U?type=${NAME.type}`);
    expect(told).toMatchObject({ status: 200, json: { values: [{ type: NAME.type }] } });
    expect((await open('U?index=x')).status).toBe(400);
  });

  it('is asked for past the caches with auth', async () => {
    const before = door.seen.resolved.length;
    expect((await open('U?auth=true')).status).toBe(302);
    expect(door.seen.resolved.slice(before)).toMatchObject([{ door: 'page', tier: 'store' }]);
  });

  it('gets what urlappend says, but never another host', async () => {
    expect(await leads('U?index=1&urlappend=a/b%3Fc')).toBe('https://one.example/a/b?c');
    await register(door, { handle: `${CHAIRS}/BARE`, values: [url(1, 'https://bare.example')] });
    for (const trick of ['.evil.example/', '@evil.example/', ':1@evil.example']) {
      expect(await leads(`BARE?urlappend=${encodeURIComponent(trick)}`)).toBe('https://bare.example');
    }
  });

  it.each([
    ['javascript:alert(1)'],
    ['data:text/html,x'],
    ['//evil.example/'],
    ['/api/handles/x'],
    ['no address'],
    ['https://'],
    ['file:///etc/passwd'],
  ])('is shown and not followed if it is %s', async (data) => {
    await register(door, { handle: `${CHAIRS}/${Buffer.from(data).toString('hex')}`, values: [url(1, data)] });
    const told = await open(Buffer.from(data).toString('hex'));
    expect(told).toMatchObject({ status: 200 });
    expect(told.headers.location).toBeUndefined();
  });

  it.each([
    ['https://例子.example/椅 子', 'https://xn--fsqu00a.example/%E6%A4%85%20%E5%AD%90'],
    ['https://x.example/\r\nSet-Cookie: a=b', 'https://x.example/Set-Cookie:%20a=b'],
    ['  https://x.example/"><script>  ', 'https://x.example/%22%3E%3Cscript%3E'],
  ])('is written as a header may have it: %s', async (data, location) => {
    await register(door, { handle: `${CHAIRS}/ODD`, values: [url(1, data)] });
    const told = await open('ODD?auth');
    expect(told).toMatchObject({ status: 302, headers: { location } });
    expect(told.headers['set-cookie']).toBeUndefined();
    expect(told.text).not.toContain('<script');
  });
});

describe('an alias', () => {
  it('leads to the address of the handle at its end, with the query', async () => {
    const told = await open('ALIAS?type=URL&urlappend=x');
    expect(told).toMatchObject({ status: 301, headers: { location: `/${CHAIRS}/U?type=URL&urlappend=x` } });
    expect(await leads('LOST')).toBe(`/${CHAIRS}/NOWHERE`);
    expect(await leads('ABROAD')).toBe('/10.1000/1%20%C3%BC');
  });

  it('is shown for ignore_aliases', async () => {
    expect(await open('ALIAS?ignore_aliases')).toMatchObject({ status: 200, json: { values: [{ type: 'HS_ALIAS' }] } });
  });

  it('that leads back, or on and on, is told to', async () => {
    for (const suffix of ['LOOP', 'LOOP2', 'CHAIN0']) {
      expect(await open(suffix)).toMatchObject({ status: 404, json: { responseCode: 100 } });
      expect((await open(suffix, { accept: BROWSER, 'accept-language': 'zh' })).text).toContain('别名过多');
    }
    expect(await leads('CHAIN1')).toBe(`/${CHAIRS}/CHAIN${MAX_ALIASES_FOLLOWED + 1}`);
  });
});

describe('of several addresses', () => {
  it('one is chosen by weight', async () => {
    drawn = 0;
    expect(await leads('LOC')).toBe('https://a.example/?x=1&y=2');
    drawn = 0x7f;
    expect(await leads('LOC')).toBe('https://b.example/');
    expect((await open('LOC')).headers.vary).toBe('Accept, Accept-Language, x-country');
  });

  it('the one with the attribute that is asked for', async () => {
    expect(await leads('LOC?locatt=id:cn')).toBe('https://cn.example/');
    expect(await open('LOC?locatt=id:moved')).toMatchObject({ status: 308 });
    expect(await leads('LOC?locatt=id:own')).toBe(`https://own.example/${CHAIRS}/LOC?of=chair`);
    expect(await leads('LOC?locatt=id:a&locatt=country:cn')).toMatch(/^https:\/\/[ab]\.example/);
  });

  it('the one of the country that a proxy in front tells', async () => {
    expect(await leads('LOC', { 'x-country': 'CN' })).toBe('https://cn.example/');
    expect(await leads('LOC', { 'x-country': 'fr' })).toMatch(/^https:\/\/[ab]\.example/);
    expect(await leads('LOC', { 'x-country': '<script>' })).toMatch(/^https:\/\/[ab]\.example/);
  });

  it('the one for programs or of the language that are asked for', async () => {
    expect(await leads('LOC', { accept: 'application/json' })).toBe('https://json.example/');
    expect(await leads('LOC', { accept: `application/json;q=0.1,${BROWSER}` })).toMatch(/^https:\/\/[ab]\.example/);
    expect(await leads('LOC', { 'accept-language': 'de,en;q=0.5' })).toBe('https://de.example/');
  });

  it('all are shown as XML for showlocs, which runs nothing', async () => {
    const told = await open('LOC?action=showlocs');
    expect(told).toMatchObject({ status: 200, headers: { 'content-type': 'text/xml;charset=utf-8' } });
    expect(told.headers['content-security-policy']).toMatch(/^default-src 'none'/);
    expect(told.text).toContain('href="https://a.example/?x=1&amp;y=2"');
  });

  it.each([
    ['broken XML', '<locations><location href="https://x.example/"></locations'],
    ['another document', '<other><location href="https://x.example/"/></other>'],
    [
      'a document type with entities',
      '<!DOCTYPE l [<!ENTITY a "https://x.example/">]><locations><location href="&a;"/></locations>',
    ],
    ['no location', '<locations/>'],
    ['an address that is none', '<locations><location href="javascript:alert(1)"/></locations>'],
    ['more than is parsed', `<locations><location href="https://x.example/${'a'.repeat(16_400)}"/></locations>`],
  ])('none is, of %s', async (_what, data) => {
    await register(door, {
      handle: `${CHAIRS}/BAD`,
      values: [url(1, 'https://fallback.example/'), url(2, data, '10320/loc')],
    });
    const told = await open('BAD?auth');
    if (data.includes('javascript')) expect(told.headers.location).toBeUndefined();
    else expect(told.headers.location).toBe('https://fallback.example/');
  });
});

describe('an identifier is found in what is pasted', () => {
  it.each([
    `hdl:${CHAIRS}/U`,
    `hdl://${CHAIRS}/U`,
    `doi:${CHAIRS}/U`,
    `info:hdl/${CHAIRS}/U`,
    `urn:hdl:${CHAIRS}/U`,
    `urn:hdl:${CHAIRS}:U`,
    `https://hdl.handle.net/${CHAIRS}/U`,
    `http://dx.doi.org/${CHAIRS}/U`,
    ` ${CHAIRS}/U\u3000`,
  ])('%s', async (text) => {
    const path = `/${text.split('/').map(encodeURIComponent).join('/')}`;
    expect((await door.ask('GET', path)).headers.location).toBe('https://two.example/p?q=1#f');
    const body = new URLSearchParams({ hdl: text, index: '1' }).toString();
    const told = await door.ask('POST', '/', { headers: FORM, body });
    expect(told).toMatchObject({ status: 302, headers: { location: 'https://one.example/' } });
  });

  const FORM = { 'content-type': 'application/x-www-form-urlencoded' };

  it('by the form of the home page, in the visitor’s language', async () => {
    const home = await door.ask('GET', '/', { headers: { accept: BROWSER, 'accept-language': 'en' } });
    expect(home).toMatchObject({ status: 200, headers: { 'content-language': 'en', vary: 'Accept-Language' } });
    expect(home.text).toContain('<input name="hdl"');
    expect((await door.ask('GET', '/')).text).toContain('查询标识');
    const shown = await door.ask('POST', '/', { headers: FORM, body: `hdl=${CHAIRS}%2FNONE&noredirect=true` });
    expect(shown).toMatchObject({ status: 303, headers: { location: `/${CHAIRS}/NONE?noredirect=true` } });
    expect((await door.ask('POST', '/', { headers: FORM, body: `hdl=${CHAIRS}%2FNOWHERE` })).status).toBe(303);
  });

  it('and nothing else is taken at that address', async () => {
    expect(await door.ask('POST', '/', { headers: FORM, body: 'x=1' })).toMatchObject({ status: 200 });
    const startedAt = performance.now();
    bareIdentifier(`x${' '.repeat(65_000)}x`);
    expect(performance.now() - startedAt).toBeLessThan(500); // more than twice that if every blank is a start
    expect((await door.ask('POST', '/', { headers: FORM, body: `hdl=${'a'.repeat(70_000)}` })).status).toBe(413);
    expect((await door.ask('POST', `/${CHAIRS}/U`, { headers: FORM, body: 'hdl=x' })).status).toBe(404);
    expect((await door.ask('GET', '/?hdl=%00')).status).toBe(400);
  });
});

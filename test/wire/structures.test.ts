// The structures of the handle system ⇄ bytes: recorded bytes, what was encoded comes back, and any bytes decode or throw.

import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type ByteString, bytesFromText } from '../../src/domain/bytes.ts';
import { isHandleError } from '../../src/domain/error.ts';
import { decodeAdmin, encodeAdmin } from '../../src/wire/admin-value.ts';
import { CURVE_NAMES, type CurveName, coordinateBytes } from '../../src/wire/curve-point.ts';
import { formatIpAddress, parseIpAddress } from '../../src/wire/ip-address-text.ts';
import { publicKeyFromJson, publicKeyToJson } from '../../src/wire/public-key-json.ts';
import { decodePublicKey, encodePublicKey, type PublicKey, stripZeros } from '../../src/wire/public-key-value.ts';
import { decodeReferenceList, encodeReferenceList } from '../../src/wire/reference-list.ts';
import { siteFromJson, siteToJson } from '../../src/wire/site-json.ts';
import { decodeSite, encodeSite, SITE_PROTOCOLS, type Site } from '../../src/wire/site-value.ts';
import { decodeTyped, encodeTyped, type TypedValue } from '../../src/wire/typed-value.ts';

const { bytes: recorded } = JSON.parse(
  readFileSync(new URL('../vectors/value-json.json', import.meta.url), 'utf8'),
) as { readonly bytes: Readonly<Record<'HS_SITE' | 'HS_PUBKEY', string>> };

function fromHex(hex: string): ByteString {
  return Buffer.from(hex, 'hex').toString('latin1') as ByteString;
}

const text = fc.string({ unit: 'binary', maxLength: 20 });
const bytes = fc.uint8Array({ maxLength: 40 }).map((array) => Buffer.from(array).toString('latin1') as ByteString);
const natural = fc.nat({ max: 0x7fff_ffff });
const byte = fc.nat({ max: 0xff });
const short = fc.nat({ max: 0xffff });
const number = bytes.map(stripZeros).filter((digits) => digits !== '');
const admin = fc.record({ handle: text, index: natural, permissions: fc.nat({ max: 0xfff }) });
const references = fc.array(fc.record({ handle: text, index: natural }), { maxLength: 5 });
const of = (curve: CurveName) => {
  const length = coordinateBytes(curve);
  return fc
    .uint8Array({ minLength: length, maxLength: length })
    .map((array) => Buffer.from(array).toString('latin1') as ByteString);
};
const publicKey: fc.Arbitrary<PublicKey> = fc.oneof(
  fc.record({ kind: fc.constant('RSA' as const), modulus: number, exponent: number }),
  fc.record({ kind: fc.constant('DSA' as const), y: number, p: number, q: number, g: number }),
  fc
    .constantFrom(...CURVE_NAMES)
    .chain((curve) =>
      fc.record({ kind: fc.constant('EC' as const), curve: fc.constant(curve), x: of(curve), y: of(curve) }),
    ),
);
const address = fc
  .oneof(
    fc.uint8Array({ minLength: 16, maxLength: 16 }),
    fc.tuple(byte, byte, byte, byte).map((four) => Uint8Array.from([...new Array<number>(12).fill(0), ...four])),
  )
  .map((array) => Buffer.from(array).toString('latin1') as ByteString);
const site: fc.Arbitrary<Site> = fc.record({
  version: short,
  protocolMajor: byte,
  protocolMinor: byte,
  serialNumber: short,
  primary: fc.boolean(),
  multiPrimary: fc.boolean(),
  hashOption: fc.nat({ max: 2 }),
  hashFilter: text,
  attributes: fc.array(fc.record({ name: text, value: text }), { maxLength: 3 }),
  servers: fc.array(
    fc.record({
      serverId: natural,
      address,
      publicKey: fc.oneof(bytes, publicKey.map(encodePublicKey)),
      interfaces: fc.array(
        fc.record({
          query: fc.boolean(),
          admin: fc.boolean(),
          protocol: fc.constantFrom(...SITE_PROTOCOLS),
          port: short,
        }),
        { maxLength: 3 },
      ),
    }),
    { maxLength: 3 },
  ),
});

const codecs: readonly {
  readonly name: string;
  readonly check: () => void;
  readonly encoded: fc.Arbitrary<ByteString>;
  readonly decode: (data: ByteString) => unknown;
}[] = [
  codec('HS_ADMIN', admin, encodeAdmin, decodeAdmin),
  codec('HS_VLIST', references, encodeReferenceList, decodeReferenceList),
  codec('HS_PUBKEY', publicKey, encodePublicKey, decodePublicKey),
  codec('HS_SITE', site, encodeSite, decodeSite),
];

const typed: fc.Arbitrary<readonly [type: string, value: TypedValue]> = fc.oneof(
  fc.tuple(
    fc.constantFrom('HS_SITE', 'HS_SITE.6', 'hs_site.prefix'),
    fc.record({ kind: fc.constant('site' as const), site }),
  ),
  fc.tuple(fc.constant('HS_SERV'), fc.record({ kind: fc.constant('service' as const), handle: text })),
  fc.tuple(fc.constant('HS_ALIAS'), fc.record({ kind: fc.constant('alias' as const), handle: text })),
  fc.tuple(fc.constant('HS_ADMIN'), fc.record({ kind: fc.constant('admin' as const), admin })),
  fc.tuple(fc.constant('HS_VLIST'), fc.record({ kind: fc.constant('list' as const), references })),
  fc.tuple(fc.constant('HS_PUBKEY'), fc.record({ kind: fc.constant('public-key' as const), key: publicKey })),
  fc.tuple(fc.constant('HS_SECKEY'), fc.record({ kind: fc.constant('secret-key' as const), secret: bytes })),
  fc.tuple(fc.constant('HS_NAMESPACE'), fc.record({ kind: fc.constant('namespace' as const), xml: text })),
  fc.tuple(
    fc.constant('HS_SIGNATURE'),
    fc.record({
      kind: fc.constant('signature' as const),
      signature: fc.record({ header: bytes, payload: bytes, signature: bytes }),
    }),
  ),
);

describe('a value by the name of its type', () => {
  test('is what it was encoded from', () => {
    fc.assert(
      fc.property(typed, ([type, value]) => {
        expect(decodeTyped(type, encodeTyped(value))).toEqual(value);
      }),
    );
  });

  test('is bytes alone where the type has no structure', () => {
    expect(decodeTyped('URL', bytesFromText('https://example.com'))).toBeNull();
  });

  test('is refused where it is none of its type', () => {
    const refused = (type: string, data: string) => () => decodeTyped(type, data as ByteString);
    for (const type of ['HS_SERV', 'HS_ALIAS', 'HS_NAMESPACE']) expect(refused(type, '\xff')).toThrow(/UTF-8/);
    for (const signature of ['', 'YQ.YQ', 'YQ.YQ.YQ.YQ', 'YQ.YQ.Y=', 'YR.YQ.YQ']) {
      expect(refused('HS_SIGNATURE', signature)).toThrow(/compact form/);
    }
    expect(refused('HS_SIGNATURE', 'YQ.YQ.YQ')).not.toThrow();
  });
});

function codec<Value>(
  name: string,
  values: fc.Arbitrary<Value>,
  encode: (value: Value) => ByteString,
  decode: (data: ByteString) => Value,
) {
  const law = fc.property(values, (value) => {
    expect(decode(encode(value))).toEqual(value);
  });
  return { name, check: () => fc.assert(law), encoded: values.map(encode), decode };
}

describe.each(codecs)('$name', ({ check, encoded, decode }) => {
  test('what was encoded decodes to the same', () => check());

  test('any bytes decode or are refused, also when they are almost right', () => {
    const spoilt = fc.tuple(encoded, fc.nat(), byte).map(([data, at, wrong]) => {
      const place = data.length === 0 ? 0 : at % data.length;
      return (data.slice(0, place) + String.fromCharCode(wrong) + data.slice(place + 1)) as ByteString;
    });
    fc.assert(
      fc.property(fc.oneof(bytes, spoilt), (data) => {
        try {
          decode(data);
        } catch (error) {
          expect(isHandleError(error, 'INVALID_VALUE')).toBe(true);
        }
      }),
      { numRuns: 1000 },
    );
  });

  test('bytes that end too early or go on are refused', () => {
    fc.assert(
      fc.property(encoded, fc.nat(), (data, cut) => {
        // An RSA key may or may not have four zero bytes behind it.
        const trailer = data.includes('RSA_PUB_KEY') ? 4 : 0;
        const length = cut % data.length;
        if (length !== data.length - trailer)
          expect(() => decode(data.slice(0, length) as ByteString)).toThrow(/malformed/);
        expect(() => decode(`${data}x` as ByteString)).toThrow(/malformed/);
      }),
    );
  });
});

describe('what others wrote', () => {
  test('a recorded site and key are encoded to the same bytes', () => {
    expect(encodeSite(decodeSite(fromHex(recorded.HS_SITE)))).toBe(fromHex(recorded.HS_SITE));
    expect(encodePublicKey(decodePublicKey(fromHex(recorded.HS_PUBKEY)))).toBe(fromHex(recorded.HS_PUBKEY));
  });

  test('an administrator may have two zero bytes behind it, and no others', () => {
    const value = { handle: '0.NA/88.118', index: 300, permissions: 0xfff };
    expect(decodeAdmin(`${encodeAdmin(value)}\0\0` as ByteString)).toEqual(value);
    expect(() => decodeAdmin(`${encodeAdmin(value)}\0\x01` as ByteString)).toThrow(/malformed/);
  });

  test('a count that could not fit is refused before anything is made for it', () => {
    expect(() => decodeReferenceList(fromHex('7fffffff'))).toThrow(/does not fit/);
    expect(() => decodeReferenceList(fromHex('ffffffff'))).toThrow(/does not fit/);
  });

  test('a handle that is not UTF-8 is refused', () => {
    expect(() => decodeReferenceList(fromHex('0000000100000001ff00000001'))).toThrow(/UTF-8/);
  });
});

describe('as JSON', () => {
  test('keys and sites come back', () => {
    fc.assert(
      fc.property(publicKey, (key) => {
        expect(publicKeyFromJson(publicKeyToJson(key), '')).toEqual(key);
      }),
    );
    fc.assert(
      fc.property(site, (one) => {
        expect(siteFromJson(siteToJson(one), '')).toEqual(one);
      }),
    );
  });

  test.each([
    ['address', { servers: [{ serverId: 1, address: '127.0.0.256' }] }, '/servers/0/address'],
    ['servers', {}, '/servers'],
    ['version', { protocolVersion: '2', servers: [] }, '/protocolVersion'],
    [
      'port',
      {
        servers: [
          { serverId: 1, address: '::1', interfaces: [{ query: true, admin: false, protocol: 'TCP', port: 65536 }] },
        ],
      },
      '/servers/0/interfaces/0/port',
    ],
    [
      'key',
      {
        servers: [
          { serverId: 1, address: '::1', publicKey: { format: 'key', value: { kty: 'RSA', n: 'AQ==', e: 'AQAB' } } },
        ],
      },
      '/servers/0/publicKey/value/n',
    ],
    [
      'key of nothing',
      {
        servers: [
          { serverId: 1, address: '::1', publicKey: { format: 'key', value: { kty: 'RSA', n: '', e: 'AQAB' } } },
        ],
      },
      '/servers/0/publicKey/value/n',
    ],
    ['too many attributes', { servers: [], attributes: new Array(257).fill({ name: 'a', value: 'b' }) }, '/attributes'],
  ])('a site with a bad %s is refused at its place', (_, json, at) => {
    expect(() => siteFromJson(json, '')).toThrow(expect.objectContaining({ code: 'INVALID_VALUE', at }));
  });
});

describe('IP addresses', () => {
  test.each([
    ['192.0.2.1', '000000000000000000000000c0000201'],
    ['2001:db8::1', '20010db8000000000000000000000001'],
    ['::ffff:c000:201', '00000000000000000000ffffc0000201'],
  ])('%s is sixteen bytes and back', (given, hex) => {
    expect(parseIpAddress(given)).toBe(fromHex(hex));
    expect(formatIpAddress(fromHex(hex))).toBe(given);
  });

  test.each([
    '',
    '1.2.3',
    '1.2.3.4.',
    '1.2.3.4.5',
    '01.2.3.4',
    '256.1.1.1',
    ':',
    ':::',
    '1::2::3',
    '::1]/x',
    'localhost',
    '12345::',
  ])('"%s" is none', (given) => {
    expect(parseIpAddress(given)).toBeNull();
  });

  test('text of any address parses back', () => {
    fc.assert(
      fc.property(address, (one) => {
        expect(parseIpAddress(formatIpAddress(one))).toBe(one);
      }),
    );
  });

  test('bytes of text keep text', () => {
    expect(decodeAdmin(encodeAdmin({ handle: '88.118/管理', index: 0, permissions: 1 })).handle).toBe('88.118/管理');
    expect(encodeAdmin({ handle: '88.118/管理', index: 0, permissions: 1 })).toContain(bytesFromText('管理'));
  });
});

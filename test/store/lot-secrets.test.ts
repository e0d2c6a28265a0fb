// The secrets of lots: sealed under a key that is not in the store, and the check tags they make.

import { createHmac, randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { ByteString } from '../../src/domain/bytes.ts';
import { tagFromDigest } from '../../src/domain/check-tag.ts';
import type { Prefix } from '../../src/domain/prefix.ts';
import { LotSecrets } from '../../src/store/lot-secrets.ts';
import { P } from './world.ts';

const KEY = Buffer.alloc(32, 7);
const OTHER = Buffer.alloc(32, 8);
const lotWith = (sealedSecret: string | null, prefix: Prefix = P) => ({
  prefix,
  head: '沙发-',
  tagLength: 9,
  sealedSecret,
});

describe('secrets of lots', () => {
  it('make the tag that HMAC-SHA256 of the whole code makes', () => {
    const secret = Buffer.alloc(32, 3);
    const sealed = new LotSecrets([KEY]).seal(P, (size) => (size === 32 ? secret : randomBytes(size)));
    const digest = createHmac('sha256', secret).update(`${P}/沙发-0042`).digest('latin1') as ByteString;
    expect(new LotSecrets([KEY]).tagOf(lotWith(sealed), '0042')).toBe(tagFromDigest(digest, 9));
  });

  it('differ from lot to lot, and are nowhere in what is stored', () => {
    const secret = Buffer.alloc(32, 3);
    const secrets = new LotSecrets([KEY]);
    const sealed = secrets.seal(P, (size) => (size === 32 ? secret : randomBytes(size)));
    expect(Buffer.from(sealed.split('.')[2] as string, 'base64url').includes(secret)).toBe(false);
    const tags = Array.from({ length: 3 }, () => secrets.tagOf(lotWith(secrets.seal(P, randomBytes)), '0042'));
    expect(new Set(tags).size).toBe(3);
  });

  it('open with any of the keys there are, and are sealed with the first', () => {
    const old = new LotSecrets([OTHER]).seal(P, randomBytes);
    const both = new LotSecrets([KEY, OTHER]);
    expect(both.tagOf(lotWith(old), '1')).toBe(new LotSecrets([OTHER]).tagOf(lotWith(old), '1'));
    expect(() => new LotSecrets([KEY]).tagOf(lotWith(both.seal(P, randomBytes)), '1')).not.toThrow();
    expect(() => new LotSecrets([OTHER]).tagOf(lotWith(both.seal(P, randomBytes)), '1')).toThrow(/key .* is missing/);
  });

  it('are missed by name: without a key nothing is sealed or opened', () => {
    const none = new LotSecrets([]);
    expect(() => none.seal(P, randomBytes)).toThrow(expect.objectContaining({ code: 'LOT_KEY_MISSING' }));
    const sealed = new LotSecrets([KEY]).seal(P, randomBytes);
    expect(() => none.tagOf(lotWith(sealed), '1')).toThrow(expect.objectContaining({ code: 'LOT_KEY_MISSING' }));
    none.use([KEY]);
    expect(() => none.tagOf(lotWith(sealed), '1')).not.toThrow();
  });

  it('open under their own prefix, unaltered, and not otherwise', () => {
    const secrets = new LotSecrets([KEY]);
    const sealed = secrets.seal(P, randomBytes);
    expect(() => secrets.tagOf(lotWith(sealed, '88.118.1' as Prefix), '1')).toThrow(/altered/);
    const [version, id, text] = sealed.split('.') as [string, string, string];
    const bytes = Buffer.from(text, 'base64url');
    bytes[20] = (bytes[20] as number) ^ 1;
    const altered = `${version}.${id}.${bytes.toString('base64url')}`;
    expect(() => new LotSecrets([KEY]).tagOf(lotWith(altered), '1')).toThrow(/altered/);
  });
});

import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ByteString, bytesFromText } from '../../src/domain/bytes.ts';
import { guessesOf, TAG_ALPHABET, tagBits, tagFromDigest } from '../../src/domain/check-tag.ts';
import type { Handle } from '../../src/domain/handle.ts';
import { makeValue } from '../../src/domain/handle-value.ts';
import {
  filledValues,
  isLotId,
  isWithinSpan,
  type Lot,
  type LotTags,
  lotAsAncestor,
  lotIdOf,
  prefixOfLot,
  readCode,
  readDigits,
  sizeOf,
  spanOf,
  suffixAt,
  unwrittenRecord,
} from '../../src/domain/lot.ts';
import {
  assertClosingSerial,
  assertExtension,
  assertLotNumbers,
  assertLotStep,
  assertSplit,
} from '../../src/domain/lot-rules.ts';
import type { Prefix } from '../../src/domain/prefix.ts';

const P = '88.118.10023' as Prefix;
const TAGS: LotTags = {
  tagOf: ({ head, tagLength, sealedSecret }, digits) =>
    tagFromDigest(
      createHmac('sha256', sealedSecret ?? '')
        .update(head + digits)
        .digest('latin1') as ByteString,
      tagLength,
    ),
};

function lot(more: Partial<Lot> = {}): Lot {
  return {
    id: lotIdOf(P, 'spring'),
    prefix: P,
    head: 'SOFA-',
    width: 6,
    tagLength: 9,
    from: 100,
    to: 4999,
    sealedSecret: 's1',
    parent: null,
    template: null,
    values: [],
    state: 'open',
    reason: null,
    splitFrom: null,
    revision: 3,
    createdAt: 1,
    updatedAt: 2,
    ...more,
  };
}

describe('a code of a lot', () => {
  it('is the head, the serial in its width and the check tag', () => {
    expect(suffixAt(lot({ tagLength: 0 }), 100, TAGS)).toBe('SOFA-000100');
    expect(suffixAt(lot(), 100, TAGS)).toMatch(new RegExp(`^SOFA-000100[${TAG_ALPHABET}]{9}$`));
    expect(sizeOf(lot())).toBe(4900);
  });

  it('is read back as its digits', () => {
    for (const serial of [100, 101, 4999]) {
      expect(readCode(lot(), suffixAt(lot(), serial, TAGS), TAGS)).toBe(String(serial).padStart(6, '0'));
    }
  });

  it('has a serial of the range, and the neighbours have not', () => {
    const wide = lot({ from: 0, to: 999_999 });
    for (const serial of [99, 5000]) expect(readCode(lot(), suffixAt(wide, serial, TAGS), TAGS)).toBe('serial');
  });

  it('has its own tag, and no other serial’s, lot’s or length', () => {
    const code = suffixAt(lot(), 100, TAGS);
    const last = code.at(-1) === '3' ? '4' : '3';
    expect(readCode(lot(), code.slice(0, -1) + last, TAGS)).toBe('tag');
    expect(readCode(lot(), `SOFA-000101${code.slice(11)}`, TAGS)).toBe('tag');
    expect(readCode(lot({ sealedSecret: 's2' }), code, TAGS)).toBe('tag');
    expect(readCode(lot(), code.toLowerCase().replace('sofa', 'SOFA'), TAGS)).not.toBe('000100');
  });

  it('has the shape and nothing else: head, digits, length', () => {
    const bare = lot({ tagLength: 0 });
    for (const suffix of ['SOFA-00100', 'SOFA-0000100', 'SOFA-00O100', 'sofa-000100', 'SOFA-+00100', 'SOFA-1e0002']) {
      expect(readCode(bare, suffix, TAGS), suffix).toBe('shape');
    }
    expect(readDigits(bare, 'SOFA-000100')).toBe('000100');
  });

  it('may have no head, and one in any script', () => {
    const plain = lot({ head: '', tagLength: 0 });
    expect(readCode(plain, '000100', TAGS)).toBe('000100');
    const chinese = lot({ head: '沙发/', tagLength: 0 });
    expect(suffixAt(chinese, 100, TAGS)).toBe('沙发/000100');
    expect(spanOf(chinese).length).toBe(13);
    expect(readCode(chinese, '沙发/000100', TAGS)).toBe('000100');
  });
});

describe('the room of a lot', () => {
  it('holds every code of it, whatever its tag', () => {
    fc.assert(
      fc.property(fc.integer({ min: 100, max: 4999 }), (serial) => {
        expect(isWithinSpan(spanOf(lot()), bytesFromText(suffixAt(lot(), serial, TAGS)))).toBe(true);
      }),
    );
  });

  it('ends before the serials on either side', () => {
    const wide = lot({ from: 0, to: 999_999 });
    for (const serial of [99, 5000]) {
      expect(isWithinSpan(spanOf(lot()), bytesFromText(suffixAt(wide, serial, TAGS)))).toBe(false);
    }
  });
});

describe('check tags', () => {
  it('are of letters and digits that do not look alike', () => {
    expect(new Set(TAG_ALPHABET).size).toBe(24);
    expect(TAG_ALPHABET).not.toMatch(/[01258BILOSUZ]/);
  });

  it('are as likely as any other, to one in some thousand', () => {
    const counts = new Map<string, number>();
    for (let high = 0; high < 256; high++) {
      for (let low = 0; low < 256; low++) {
        const tag = tagFromDigest(String.fromCharCode(high, low) as ByteString, 1);
        counts.set(tag, (counts.get(tag) ?? 0) + 1);
      }
    }
    expect(counts.size).toBe(24);
    expect(Math.max(...counts.values()) - Math.min(...counts.values())).toBe(1);
  });

  it('say how hard they are to guess', () => {
    expect(guessesOf(0)).toBe(1);
    expect(guessesOf(4)).toBe(331_776);
    expect(tagBits(9)).toBeGreaterThanOrEqual(40);
    expect(tagBits(8)).toBeLessThan(40);
  });
});

describe('what a code answers with', () => {
  const url = makeValue({
    index: 2000,
    type: bytesFromText('URL'),
    data: bytesFromText('https://x.cn/{serial}?s={serial}'),
  });
  const name = makeValue({ index: 2001, type: bytesFromText('NAME'), data: bytesFromText('沙发') });

  it('has its digits where the lot’s values say so, and else the lot’s own values', () => {
    const [filled, same] = filledValues([url, name], '000100');
    expect(filled?.data).toBe('https://x.cn/000100?s=000100');
    expect(same).toBe(name);
  });

  it('comes from the lot as from a parent, which is revoked with it', () => {
    const revoked = lot({ state: 'revoked', reason: 'recalled', values: [url] });
    expect(lotAsAncestor(revoked, '000100')).toMatchObject({ status: 'revoked', reason: 'recalled', revision: 3 });
    expect(lotAsAncestor(lot({ state: 'closed' }), '000100').status).toBe('active');
    const handle = `${P}/SOFA-000100` as Handle;
    expect(unwrittenRecord(handle, lot({ values: [url] }))).toMatchObject({
      handle,
      revision: 0,
      values: [],
      parent: null,
    });
  });
});

describe('the id of a lot', () => {
  it('says under which prefix it is', () => {
    expect(prefixOfLot(lotIdOf(P, 'k3j'))).toBe(P);
    expect(prefixOfLot(lotIdOf('88.A:B' as Prefix, 'k3j'))).toBe('88.A:B');
    expect(isLotId(lotIdOf(P, 'k3j'))).toBe(true);
    for (const text of ['88.118', ':k', '88.118:', '', '88.118/A:b', `${P}:K`]) expect(isLotId(text)).toBe(false);
  });
});

describe('the bounds of a lot', () => {
  const numbers = { prefix: P, head: 'A', width: 4, tagLength: 0, from: 0, to: 9999 };

  it.each([
    [{}],
    [{ from: 9999 }],
    [{ width: 15, to: 999_999_999_999_999 }],
    [{ tagLength: 4 }],
    [{ tagLength: 16 }],
    [{ head: '' }],
    [{ head: 'A'.repeat(1024 - 13 - 4) }],
  ])('are kept by %j', (more) => {
    expect(() => assertLotNumbers({ ...numbers, ...more })).not.toThrow();
  });

  it.each([
    [{ width: 0 }, '/width'],
    [{ width: 16 }, '/width'],
    [{ width: 1.5 }, '/width'],
    [{ from: -1 }, '/from'],
    [{ from: 10_000 }, '/from'],
    [{ from: 5, to: 4 }, '/to'],
    [{ to: 10_000 }, '/to'],
    [{ to: Number.NaN }, '/to'],
    [{ tagLength: 3 }, '/tagLength'],
    [{ tagLength: 17 }, '/tagLength'],
    [{ head: 'A\n' }, '/head'],
    [{ head: 'A'.repeat(1024 - 13 - 3) }, '/head'],
  ])('are broken by %j', (more, at) => {
    expect(() => assertLotNumbers({ ...numbers, ...more })).toThrow(
      expect.objectContaining({ code: 'INVALID_REQUEST', at }),
    );
  });

  it('are widened, cut and divided within what the digits can write', () => {
    const stands = lot({ width: 4, from: 100, to: 200 });
    for (const to of [201, 9999, 200]) expect(() => assertExtension(stands, to)).not.toThrow();
    for (const to of [199, 10_000]) expect(() => assertExtension(stands, to)).toThrow(/extend it to a serial/);
    for (const last of [100, 200]) expect(() => assertClosingSerial(stands, last)).not.toThrow();
    for (const last of [99, 201])
      expect(() => assertClosingSerial(stands, last)).toThrow(/to withdraw all of it, revoke it/);
    for (const at of [101, 200]) expect(() => assertSplit(stands, at)).not.toThrow();
    for (const at of [100, 201]) expect(() => assertSplit(stands, at)).toThrow(/split it at a serial after its first/);
  });

  it('stay as they are once it is closed, and everything once it is revoked', () => {
    const steps = ['change', 'extend', 'close', 'split', 'revoke'] as const;
    const allowed = (state: Lot['state']) =>
      steps.filter((step) => {
        try {
          assertLotStep(lot({ state }), step);
          return true;
        } catch {
          return false;
        }
      });
    expect(allowed('open')).toEqual(steps);
    expect(allowed('closed')).toEqual(['change', 'split', 'revoke']);
    expect(allowed('revoked')).toEqual([]);
  });
});

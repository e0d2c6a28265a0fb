// SM2 with SM3 by the example of the standard itself, in this thread and in another.

import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { expect, it } from 'vitest';
import { startSm2Checker } from '../../src/app/sm2-checker.ts';
import type { ByteString } from '../../src/domain/bytes.ts';
import { connectSm2Checks, serveSm2Checks } from '../../src/registry/sm2-checks.ts';
import { isSignedBySm2 } from '../../src/registry/sm2-signatures.ts';

const bytes = (hex: string): ByteString => Buffer.from(hex, 'hex').toString('latin1') as ByteString;

const KEY = {
  curve: 'SM2',
  x: bytes('09f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020'),
  y: bytes('ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13'),
} as const;
const R = 'f5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3';
const S = 'b1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42d4840b69c485bbc1aa';
const signature = Buffer.from(`3046022100${R}022100${S}`, 'hex');
const challenge = Buffer.from('message digest');

it('is right for the standard’s own example, and for nothing near it', () => {
  expect(isSignedBySm2(KEY, { challenge, signature })).toBe(true);
  expect(isSignedBySm2(KEY, { challenge: Buffer.from('message digesT'), signature })).toBe(false);
  expect(isSignedBySm2({ ...KEY, y: KEY.x }, { challenge, signature })).toBe(false);
  expect(isSignedBySm2(KEY, { challenge, signature: Buffer.from(`3046022100${S}022100${R}`, 'hex') })).toBe(false);
  expect(isSignedBySm2(KEY, { challenge, signature: signature.subarray(0, 40) })).toBe(false);
});

it('is checked by a thread that does nothing else, each answer for its own question', async () => {
  const check = startSm2Checker();
  const right = { point: KEY, challenge, signature };
  const wrong = { ...right, challenge: Buffer.from('message digesT') };
  expect(await Promise.all([right, wrong, right, wrong, wrong, right].map(check))).toEqual([
    ...[true, false, true, false, false, true],
  ]);
});

it('is checked anew by another thread when one has ended, and who waited is told to come back', async () => {
  const opened: MessagePort[] = [];
  const check = connectSm2Checks(() => {
    const { port1, port2 } = new MessageChannel();
    opened.push(port2);
    if (opened.length > 1) void serveSm2Checks(port2);
    return port1;
  });
  const waiting = check({ point: KEY, challenge, signature });
  opened[0]?.close();
  await expect(waiting).rejects.toMatchObject({ code: 'OVERLOADED' });
  expect(await check({ point: KEY, challenge, signature })).toBe(true);
  opened[1]?.close();
});

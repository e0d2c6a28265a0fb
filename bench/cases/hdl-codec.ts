// The codec of the Handle protocol alone, on one core: a request is decoded and a response of eight values encoded, with nothing
// kept from one to the next.

import type { ByteString } from '../../src/domain/bytes.ts';
import { makeValue } from '../../src/domain/handle-value.ts';
import { decodeMessage, encodeMessage, type ResponseMessage } from '../../src/wire/message.ts';
import { handleRequest } from '../driver/workload.ts';
import type { BenchCase } from '../measure/bench-context.ts';
import { median } from '../measure/measurement.ts';

const TARGET = 1_000_000;
const ROUNDS = 7;
const SLICE = 1000;

const values = Array.from({ length: 8 }, (_, i) =>
  makeValue({
    index: 2000 + i,
    type: 'PRODUCT_NAME' as ByteString,
    data: `Oak chair number ${i} of eight` as ByteString,
  }),
);

/** Bytes, so that the work cannot be optimised away. */
function exchange(request: ByteString): number {
  const decoded = decodeMessage(request);
  if (decoded.kind !== 'request' || decoded.body.kind !== 'resolution') throw new Error('That is no resolution.');
  const { envelope, header, body } = decoded;
  const content = { kind: 'values', handle: body.handle, values } as const;
  const response: ResponseMessage = {
    kind: 'response',
    envelope,
    header: { ...header, responseCode: 1 },
    credential: null,
    body: { digest: null, content },
  };
  return encodeMessage(response).length;
}

function perSecondFor(request: ByteString, durationMs: number): number {
  const startedAt = performance.now();
  let done = 0;
  let bytes = 0;
  while (performance.now() - startedAt < durationMs) {
    for (let i = 0; i < SLICE; i++) bytes += exchange(request);
    done += SLICE;
  }
  if (bytes < done) throw new Error('Nothing was encoded.');
  return done / ((performance.now() - startedAt) / 1000);
}

export const hdlCodec: BenchCase = {
  name: 'hdl-codec',
  async run(context) {
    const request = handleRequest('88.118.10001/CHAIR-N301.2608A.0001') as ByteString;
    const durationMs = context.quick ? 300 : 1000;
    perSecondFor(request, 2 * durationMs);
    const perSecond = median(Array.from({ length: ROUNDS }, () => perSecondFor(request, durationMs)));
    return [
      {
        measure: 'decode a request, encode a response of 8 values',
        value: perSecond,
        unit: 'exchanges/s',
        reference: null,
        ratio: null,
        target: `≥ ${TARGET.toLocaleString('en')}/s`,
        met: perSecond >= TARGET,
        note: 'one core, nothing memoised',
      },
    ];
  },
};

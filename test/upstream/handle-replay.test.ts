// The reference server's recorded answers, given to the client as that server gives them: it accepts what they say.

import { describe, expect, it } from 'vitest';
import type { ByteString } from '../../src/domain/bytes.ts';
import { intBytes, joinBytes } from '../../src/wire/byte-writer.ts';
import { decodeMessage } from '../../src/wire/message.ts';
import { OPERATION, RESPONSE } from '../../src/wire/protocol.ts';
import { fromHex, messagesIn, recording } from '../wire/handle-vectors.ts';
import type { HandleScript } from './scripted-handle-server.ts';
import { handleServer, handleWorld } from './world.ts';

/** Ids differ from question to question; they stand in the envelope of each datagram. */
const withId = (bytes: ByteString, requestId: number): ByteString =>
  joinBytes(bytes.slice(0, 8) as ByteString, intBytes(requestId), bytes.slice(12) as ByteString);

/** Resolutions of a handle with a slash, in the version that the client speaks. */
const CASES = recording.cases.flatMap((one) => {
  const [request] = messagesIn(one, one.request);
  const [response] = messagesIn(one, one.response);
  if (request === undefined || response === undefined) return [];
  const told = decodeMessage(response);
  if (told.kind !== 'response' || told.header.opCode !== OPERATION.resolution || told.envelope.minor !== 11) return [];
  const asked = decodeMessage(request);
  if (asked.kind !== 'request' || asked.body.kind !== 'resolution' || !asked.body.handle.includes('/')) return [];
  return [{ one, handle: asked.body.handle, code: told.header.responseCode, ...told.body }];
});

const replays =
  (one: (typeof CASES)[number]['one']): HandleScript =>
  (request, door) => {
    if (one.transport === 'tcp' && door.transport === 'TCP') {
      door.send(withId(messagesIn(one, one.response)[0] as ByteString, request.envelope.requestId));
      door.end();
    } else if (one.transport === 'udp' && door.transport === 'UDP') {
      for (const datagram of one.response) door.sendPiece(withId(fromHex(datagram), request.envelope.requestId));
    }
  };

describe('recorded answers', () => {
  it('are many, over TCP and UDP', () => {
    expect(CASES.filter(({ one }) => one.transport === 'tcp').length).toBeGreaterThan(10);
    expect(CASES.filter(({ one }) => one.transport === 'udp').length).toBeGreaterThan(8);
  });

  it.each(CASES.map((each) => [each.one.name, each] as const))('%s', async (_, {
    one,
    handle,
    code,
    content,
    digest,
  }) => {
    const server = await handleServer(replays(one));
    const transport = one.transport === 'tcp' ? 'TCP' : 'UDP';
    const told = handleWorld(server, { deadlineMs: 200 }, { transport }).ask(handle);
    // With the digest of a request it is of that request alone.
    if (digest !== null) await expect(told).rejects.toMatchObject({ code: 'UPSTREAM_UNAVAILABLE' });
    else if (code === RESPONSE.success && content.kind === 'values') {
      expect(await told).toMatchObject({ kind: 'found', values: content.values });
    } else if (code === RESPONSE.valuesNotFound) expect(await told).toMatchObject({ kind: 'found', values: [] });
    else if (code === RESPONSE.handleNotFound) expect(await told).toMatchObject({ kind: 'not-found' });
    else await expect(told).rejects.toMatchObject({ code: 'UPSTREAM_UNAVAILABLE' });
  });
});

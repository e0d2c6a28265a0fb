// A line to a server of the Handle protocol that creates handles within a session of an administrator, each message signed with the
// session's key, as clients that write much do.

import type { ByteString } from '../../src/domain/bytes.ts';
import { FLAG, OPERATION, RESPONSE } from '../../src/wire/protocol.ts';
import { answered, ClientSession, response, url, write } from '../../test/handle-server/client.ts';
import { type Line, type LineOptions, openTcp } from './handle-lines.ts';

/** Who creates. */
export interface ClientKey {
  readonly handle: string;
  readonly index: number;
  readonly secret: string;
}

/** As the reference client stretches its keys. */
const ITERATIONS = 10_000;

export async function openSession(options: LineOptions & { readonly key: ClientKey | null }): Promise<Line> {
  const { key } = options;
  if (key === null) throw new Error('A session needs a key.');
  // Until the session is proven, what comes back is for whoever waits for it; from then on it is counted.
  let waiting: ((message: ByteString) => void) | null = null;
  const line = await openTcp({
    ...options,
    onMessage: (code, bytes, message) => {
      if (waiting === null) options.onMessage(code, bytes, message);
      else waiting(message() as ByteString);
    },
  });
  const exchange = (message: ByteString): Promise<ByteString> => {
    const told = new Promise<ByteString>((resolve) => {
      waiting = resolve;
    });
    line.send(message);
    return told;
  };
  const flags = FLAG.keepConnection;
  const creation = (handle: string) =>
    write(OPERATION.createHandle, handle, [url(1, 'https://example.com/'), url(2, 'https://example.org/')], { flags });
  const { message, open } = ClientSession.setup(key, { flags });
  const session = open(response(await exchange(message)));
  const challenge = session.open(await exchange(session.seal(creation(`${key.handle}-${session.id}`))));
  if (challenge.header.responseCode !== RESPONSE.authenticationNeeded)
    throw new Error(`No challenge: ${challenge.header.responseCode} ${JSON.stringify(challenge.body)}.`);
  const proof = answered(challenge, { ...key, iterations: ITERATIONS }, { flags });
  const proven = session.open(await exchange(session.seal(proof)));
  if (proven.header.responseCode !== RESPONSE.success) throw new Error(`Nobody: ${proven.header.responseCode}.`);
  waiting = null;
  return { send: (name) => line.send(session.seal(creation(name))), close: line.close };
}

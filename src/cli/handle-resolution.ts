// `jiabiao resolve … --protocol handle HOST`: asks over the Handle protocol as any client of it would, and shows the way.

import { systemClock } from '../app/clock.ts';
import { textFromBytes } from '../domain/bytes.ts';
import { isHandleError } from '../domain/error.ts';
import { type Handle, parseHandle } from '../domain/handle.ts';
import { ExchangeFailed } from '../upstream/exchange-failed.ts';
import { NotAccepted } from '../upstream/gate.ts';
import { type Exchange, HandleClient, type Manner, type Turn } from '../upstream/handle-client.ts';
import { HandleTransport } from '../upstream/handle-transport.ts';
import { HandleWalk } from '../upstream/handle-walk.ts';
import { MAX_MESSAGE_BYTES } from '../wire/protocol.ts';
import { formatValues } from '../wire/value-json.ts';
import { CommandFailure, EXIT } from './exit-codes.ts';
import type { HandleTargets } from './handle-target.ts';
import type { HandleAnswer } from './resolve-command.ts';

export interface HandleWish {
  readonly types: readonly string[];
  readonly indexes: readonly string[];
  readonly udp: boolean;
  readonly isCertified: boolean;
  readonly isAuthoritative: boolean;
  readonly followsAliases: boolean;
  readonly allowedNetworks: readonly string[];
  readonly timeoutSeconds: number;
  readonly onStep: (step: Exchange | Turn) => void;
}

export interface HandleResolver {
  resolve(text: string): Promise<HandleAnswer>;
  close(): void;
}

export function openHandleResolver({ start }: HandleTargets, wish: HandleWish): HandleResolver {
  const { allowedNetworks } = wish;
  const transport = new HandleTransport({ allowedNetworks, maxBytes: MAX_MESSAGE_BYTES });
  const walk = new HandleWalk(new HandleClient({ transport, clock: systemClock }), start, systemClock);
  return {
    close: () => transport.close(),
    async resolve(text) {
      const { types, followsAliases, isCertified } = wish;
      const wanted = { handle: handleOf(text), types, indexes: wish.indexes.map(indexOf), followsAliases };
      const trace: (Exchange | Turn)[] = [];
      const manner = mannerOf(wish, (step) => {
        trace.push(step);
        wish.onStep(step);
      });
      try {
        if (isCertified) await walk.learnKeys(manner);
        const { handle, responseCode, values, message } = await walk.resolve(wanted, manner);
        const json = responseCode === 1 ? { values: JSON.parse(textFromBytes(formatValues(values))) } : {};
        return { responseCode, handle, ...(message === '' ? {} : { message }), ...json, trace };
      } catch (error) {
        throw failureOf(error, text);
      }
    },
  };
}

function mannerOf({ udp, isCertified, isAuthoritative, timeoutSeconds }: HandleWish, onStep: Manner['onStep']): Manner {
  const endsAt = performance.now() + timeoutSeconds * 1000;
  const transport = udp ? 'UDP' : 'TCP';
  return { transport, isCertified, isAuthoritative, endsAt, mayRecurse: true, hops: 0, onStep };
}

function handleOf(text: string): Handle {
  try {
    return parseHandle(text.includes('/') ? text : `0.NA/${text}`, () => false);
  } catch (error) {
    if (isHandleError(error)) throw new CommandFailure(EXIT.usage, error.message);
    throw error;
  }
}

function indexOf(text: string): number {
  const index = Number(text);
  if (Number.isInteger(index) && index > 0 && index <= 0x7fff_ffff) return index;
  throw new CommandFailure(EXIT.usage, `"${text}" is no index: write a number from 1.`);
}

function failureOf(error: unknown, text: string): unknown {
  if (error instanceof NotAccepted) return new CommandFailure(EXIT.failed, `${text}: ${error.message}`);
  if (!(error instanceof ExchangeFailed)) return error;
  // The way to allow an address is another here than in the settings of a node.
  const message = error.message.replace('upstream.allowedNetworks', '--allow-network');
  return new CommandFailure(EXIT.unreachable, `${text} could not be asked for: ${message}`);
}

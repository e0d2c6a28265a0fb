// The way of a resolution over the Handle protocol, step by step: lines for a person. Pure.

import type { Exchange, Turn } from '../upstream/handle-client.ts';
import { RESPONSE } from '../wire/protocol.ts';
import { withoutControls } from './table.ts';

const NAMES: ReadonlyMap<number, string> = new Map(
  Object.entries(RESPONSE).map(([name, code]) => [
    code,
    name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`),
  ]),
);

/** A response code with its name: `303 prefix referral`. */
function codeText(code: number): string {
  const name = NAMES.get(code);
  return name === undefined ? String(code) : `${code} ${name}`;
}

const TURNS: Readonly<Record<Turn['kind'], string>> = {
  sites: 'is answered for by',
  referral: 'is referred to',
  alias: 'is an alias of',
};

export function traceLine(step: Exchange | Turn): string {
  return withoutControls(step.kind === 'exchange' ? exchangeLine(step) : turnLine(step));
}

function turnLine({ kind, handle, to }: Turn): string {
  return `              ${handle} ${TURNS[kind]} ${to.length === 0 ? 'nobody who can be asked' : to.join(', ')}`;
}

function exchangeLine(step: Exchange): string {
  const { operation, handle, site, server, transport, responseCode, failure, bytes, isCertified, durationMs } = step;
  const time = `${durationMs.toFixed(1)} ms`.padStart(12);
  const what = operation === 'site-info' ? 'site information' : handle;
  const at = `${step.host.includes(':') ? `[${step.host}]` : step.host}:${step.port}`;
  const who = `${transport} ${at}${site === at ? '' : ` (${site}, server ${server})`}`;
  const told = failure ?? `${codeText(responseCode ?? 0)}, ${bytes} bytes${isCertified ? ', signed' : ''}`;
  return `${time}  ${what}  ${who}: ${told}`;
}

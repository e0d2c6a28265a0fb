// Settings that are lists of addresses and networks: what in them cannot be read. It would only show when somebody is asked or asks.

import { isIP } from 'node:net';

export function networkObjections(
  path: string,
  networks: readonly string[],
): readonly (readonly [path: string, reason: string])[] {
  return networks
    .filter((network) => !isNetwork(network))
    .map((network) => [path, `"${network}" is no network: write it as 10.0.0.0/8 or fd00::/8`]);
}

function isNetwork(text: string): boolean {
  const [address = '', length, ...rest] = text.split('/');
  const bits = { 0: -1, 4: 32, 6: 128 }[isIP(address)] ?? -1;
  return (
    bits > 0 && rest.length === 0 && (length === undefined || (/^\d{1,3}$/.test(length) && Number(length) <= bits))
  );
}

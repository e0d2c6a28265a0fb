// Settings that name addresses, networks and ports: what in them cannot be read, or cannot be had together. It would only
// show when somebody asks or is asked, or never.

import { isIP } from 'node:net';

export function networkObjections(
  path: string,
  networks: readonly string[],
): readonly (readonly [path: string, reason: string])[] {
  return networks
    .filter((network) => !isNetwork(network))
    .map((network) => [path, `"${network}" is no network: write it as 10.0.0.0/8 or fd00::/8`]);
}

interface Ports {
  readonly http: { readonly host: string; readonly port: number; readonly metricsPort: number | null };
  readonly handle: { readonly host: string; readonly port: number | null };
}

const EVERYWHERE: ReadonlySet<string> = new Set(['0.0.0.0', '::']);

/** Doors that share a port would each get some of the other's clients, as threads share theirs. 0 takes a free one. */
export function portObjections({ http, handle }: Ports): readonly (readonly [path: string, reason: string])[] {
  const meets = handle.host === http.host || EVERYWHERE.has(handle.host) || EVERYWHERE.has(http.host);
  const other = (port: number | null, taken: number | null): boolean => port !== null && port !== 0 && port === taken;
  return [
    ...(other(http.metricsPort, http.port)
      ? [['http.metricsPort', 'must be another port than http.port'] as const]
      : []),
    ...(meets && other(handle.port, http.port)
      ? [['handle.port', 'must be another port than http.port'] as const]
      : []),
    ...(meets && other(handle.port, http.metricsPort)
      ? [['handle.port', 'must be another port than http.metricsPort'] as const]
      : []),
  ];
}

function isNetwork(text: string): boolean {
  const [address = '', length, ...rest] = text.split('/');
  const bits = { 0: -1, 4: 32, 6: 128 }[isIP(address)] ?? -1;
  return (
    bits > 0 && rest.length === 0 && (length === undefined || (/^\d{1,3}$/.test(length) && Number(length) <= bits))
  );
}

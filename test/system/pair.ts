// Two real nodes with one Redis, one of which answers for the other's identifiers.

import { identifierPath, newEnterprise, recordOf, textAt } from './enterprise.ts';
import { Connection, freePort, operatorToken, type RunningNode, startNode, temporaryDirectory } from './node.ts';

export interface Pair {
  readonly home: RunningNode;
  readonly away: RunningNode;
  /** Registers or changes an identifier at its home. */
  put(suffix: string, text: string, parent?: string): Promise<void>;
  /** A path at either. */
  pathOf(suffix: string): string;
  /** What the reader's node shows of it; null if it is not there. */
  seen(reader: Connection, suffix: string): Promise<string | null>;
  /** Milliseconds from now until the reader's node shows this; throws after `withinMs`. */
  delayUntil(reader: Connection, suffix: string, text: string, withinMs: number): Promise<number>;
  readonly prefix: string;
  /** Of the operator of the home. */
  readonly token: string;
  readonly writer: Connection;
  close(): Promise<void>;
}

/** Where each finds Redis. `settings`: of both. */
export async function startPair(
  redis: { readonly home: string; readonly away: string },
  settings: Readonly<Record<string, string>> = {},
): Promise<Pair> {
  const directories = [temporaryDirectory(), temporaryDirectory()] as const;
  const common = { REDIS__ANNOUNCE: 'true', REDIS__TIMEOUT_MS: '100', ...settings };
  const start = async (place: 0 | 1, more: Readonly<Record<string, string>>): Promise<RunningNode> =>
    startNode({ directory: directories[place].path, port: await freePort(), settings: { ...common, ...more } });
  const home = await start(0, { REDIS__URLS: redis.home });
  const token = operatorToken(directories[0].path);
  const writer = new Connection(home.url, token);
  const prefix = await newEnterprise(writer);
  const away = await start(1, {
    REDIS__URLS: redis.away,
    NODE__PREFIX: '88.119',
    UPSTREAM__ROUTES: JSON.stringify([{ name: 'home', prefixes: ['88.118'], endpoints: [home.url] }]),
    LIMITS__TRIPS_PER_SECOND: '0',
    LIMITS__TRIPS_PER_PREFIX: '0',
  });
  const pathOf = (suffix: string): string => `/api/handles/${prefix}/${suffix}`;
  const seen = async (reader: Connection, suffix: string): Promise<string | null> =>
    textAt((await reader.ask('GET', pathOf(suffix))).body, 2000);
  return {
    ...{ home, away, prefix, token, writer, pathOf, seen },
    async put(suffix, text, parent) {
      const { status } = await writer.ask('PUT', identifierPath(`${prefix}/${suffix}`), recordOf(text, parent));
      if (status !== 200 && status !== 201) throw new Error(`${suffix} was not registered: status ${status}`);
    },
    async delayUntil(reader, suffix, text, withinMs) {
      const startedAt = performance.now();
      while ((await seen(reader, suffix)) !== text) {
        if (performance.now() - startedAt > withinMs) throw new Error(`${suffix} still is not ${text}`);
      }
      return performance.now() - startedAt;
    },
    async close() {
      await writer.close();
      for (const node of [away, home]) await node.stop();
      for (const directory of directories) directory.remove();
    },
  };
}

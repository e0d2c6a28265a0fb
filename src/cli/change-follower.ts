// Follows the stream of changes of a node: shows each once, and after a lost connection goes on behind the last one.

import { setTimeout as delay } from 'node:timers/promises';
import type { ChangeJson } from './changes-command.ts';
import type { ApiClient } from './client.ts';
import { CommandFailure, EXIT } from './exit-codes.ts';
import { pathOf } from './options.ts';

export interface Following {
  readonly after: number;
  readonly prefix: string | undefined;
  readonly limit: number;
  readonly show: (row: ChangeJson) => void;
}

/** Attempts in a row that bring nothing: with the pauses between them about half a minute, a node's restart. */
const MAX_ATTEMPTS = 8;
const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 8000;

/** Returns when `limit` changes were shown; else goes on until the node refuses, or stays away. */
export async function followChanges(client: ApiClient, { after, prefix, limit, show }: Following): Promise<void> {
  let position = String(after);
  let shown = 0;
  let isKnown = false;
  for (let attempt = 1; shown < limit; attempt++) {
    try {
      const blocks = await client.stream(pathOf('/v1/changes', { prefix, after }), { 'last-event-id': position });
      isKnown = true;
      for await (const block of blocks) {
        attempt = 1;
        const { id, event, data } = fieldsOf(block);
        if (event === 'end') throw refusal(data);
        if (event === 'change') {
          show(JSON.parse(data) as ChangeJson);
          shown += 1;
        }
        if (id !== '') position = id;
        if (shown >= limit) return;
      }
    } catch (error) {
      // A node that was there before may be starting again; one that never answered is at another address.
      const isLost = error instanceof CommandFailure && error.exitCode === EXIT.unreachable;
      if (!isLost || attempt >= MAX_ATTEMPTS || !isKnown) throw error;
    }
    await delay(Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** attempt));
  }
}

function fieldsOf(block: string): { readonly id: string; readonly event: string; readonly data: string } {
  const fields = { id: '', event: '', data: '' };
  for (const line of block.split('\n')) {
    const [, name = '', value = ''] = /^(id|event|data): (.*)$/s.exec(line) ?? [];
    if (name === 'id' || name === 'event' || name === 'data') fields[name] = value;
  }
  return fields;
}

function refusal(data: string): CommandFailure {
  const { detail } = JSON.parse(data) as { readonly detail: string };
  return new CommandFailure(EXIT.failed, detail);
}

// A process that opens as many TCP connections as it is told, says nothing on them, and lets them go when it is told.

import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

export interface IdleOrder {
  readonly port: number;
  /** How many are to be open; 0 for none. */
  readonly connections: number;
}

/** Connections that are begun at once: a server's backlog holds some hundred. */
const AT_ONCE = 100;

const open: Socket[] = [];
let ended = 0;

async function openOne(port: number): Promise<void> {
  const socket = connect({ host: '127.0.0.1', port });
  await once(socket, 'connect');
  socket.on('error', () => {});
  socket.on('close', () => ended++);
  open.push(socket);
}

async function obey({ port, connections }: IdleOrder): Promise<void> {
  // Reset rather than ended: ten thousand ports that wait out their time would be missing in the next round.
  for (const socket of open.splice(0)) socket.resetAndDestroy();
  await new Promise(setImmediate);
  ended = 0;
  while (open.length < connections) {
    await Promise.all(Array.from({ length: Math.min(AT_ONCE, connections - open.length) }, () => openOne(port)));
  }
  process.send?.({ open: connections - ended });
}

process.on('message', (order: IdleOrder) => {
  obey(order).catch((error: unknown) => process.send?.({ failure: String(error) }));
});
process.on('disconnect', () => process.exit(0));

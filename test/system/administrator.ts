// An administrator of a node's own prefix, known by a secret, as the tests of the handle system's interfaces need one.

import { expect } from 'vitest';
import { Connection, operatorToken, type RunningNode } from './node.ts';

export const ADMIN = { handle: '88.118/ADMIN', index: 301, secret: 'a secret of some length' } as const;

export async function registerAdministrator(node: RunningNode, directory: string): Promise<void> {
  const operator = new Connection(node.url, operatorToken(directory));
  const admin = { handle: ADMIN.handle, index: ADMIN.index, permissions: '111111111111' };
  const { status } = await operator.ask('PUT', `/v1/identifiers/${ADMIN.handle}`, {
    values: [
      { index: ADMIN.index, type: 'HS_SECKEY', data: ADMIN.secret, permissions: '1100' },
      { index: 100, type: 'HS_ADMIN', data: { format: 'admin', value: admin } },
    ],
  });
  expect(status).toBe(201);
  await operator.close();
}

// Small disks of their own for nodes under test, and how to fill one to the last byte.

import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';

/** A small disk of its own needs a mount namespace, which root has, and others where the system lets them. */
const CAN_MOUNT = spawnSync('unshare', ['-rm', 'true'], { stdio: 'ignore' }).status === 0;
/** Never in CI, where nothing is left out. */
export const CANNOT_MOUNT = !CAN_MOUNT && process.env.CI === undefined;

/** Starts a command with `path` as a disk of its own, which goes away with it. */
export function onDisk(path: string, options: string): readonly string[] {
  return ['unshare', '-rm', 'sh', '-c', `mount -t tmpfs -o ${options} tmpfs '${path}' && exec "$@"`, 'sh'];
}

export function fillUp(path: string): void {
  const piece = Buffer.alloc(65_536);
  for (let size = 1 << 20; ; size = 65_536) {
    try {
      while (true) writeFileSync(path, size === 65_536 ? piece : Buffer.alloc(size), { flag: 'a' });
    } catch {
      if (size === 65_536) return; // the disk is full, which is what we want
    }
  }
}

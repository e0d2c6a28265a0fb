// One hash for everything the caches spread by name. Pure; not for secrets and not against an adversary.

const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

let latestText = '';
let latestHash = FNV_OFFSET | 0;

/** `hashOf` of a name that is asked for several times in a row, as one question's handle is. */
export function hashOfLatest(text: string): number {
  if (text !== latestText) {
    latestText = text;
    latestHash = hashOf(text);
  }
  return latestHash;
}

/** FNV-1a (32 bit, signed) over UTF-16 units; `seed` is the hash of what stands before `text`. */
export function hashOf(text: string, seed: number = FNV_OFFSET): number {
  let hash = seed;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), FNV_PRIME);
  return hash | 0;
}

// Which handles a file names as parents, as many as fit: so that its rehearsal need remember no other.

import { MAX_NAMED_PARENTS } from '../domain/import-limits.ts';
import { foldAsciiCase } from '../domain/prefix.ts';

export class NamedParents {
  readonly #named = new Set<string>();
  #last = '';
  #areAll = true;

  /** False if some did not fit: what is said of a missing parent may then be wrong. */
  get areAll(): boolean {
    return this.#areAll;
  }

  /** As the file spells it. Rows of one parent mostly follow each other. */
  add(parent: string): void {
    if (parent === this.#last) return;
    this.#last = parent;
    const slash = parent.indexOf('/');
    const canonical = `${foldAsciiCase(parent.slice(0, slash))}${parent.slice(slash)}`;
    if (this.#named.size < MAX_NAMED_PARENTS) this.#named.add(canonical);
    else if (!this.#named.has(canonical)) this.#areAll = false;
  }

  has(handle: string): boolean {
    return this.#named.has(handle);
  }
}

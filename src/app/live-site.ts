// The site of the Handle protocol as the doors of one thread see it: always the one of the moment.

import { createPrivateKey, type KeyObject } from 'node:crypto';
import type { ByteString } from '../domain/bytes.ts';
import type { HandleSite } from './handle-site.ts';

export class LiveSite {
  #site: HandleSite;
  #key: KeyObject;

  constructor(site: HandleSite) {
    this.#site = site;
    this.#key = createPrivateKey(site.privateKey);
  }

  get data(): ByteString {
    return this.#site.data;
  }

  get serialNumber(): number {
    return this.#site.serialNumber;
  }

  get privateKey(): KeyObject {
    return this.#key;
  }

  /** From now on answers are this one's. */
  renew(site: HandleSite): void {
    this.#key = createPrivateKey(site.privateKey);
    this.#site = site;
  }
}

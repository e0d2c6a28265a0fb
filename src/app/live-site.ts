// The site of the Handle protocol as the doors of one thread see it: always the one of the moment.

import { createPrivateKey, type KeyObject } from 'node:crypto';
import type { ByteString } from '../domain/bytes.ts';
import type { HandleSite } from './handle-site.ts';

export class LiveSite {
  #site: HandleSite;
  #keys: readonly { readonly key: KeyObject; readonly fromSerial: number }[];

  constructor(site: HandleSite) {
    this.#site = site;
    this.#keys = keysOf(site);
  }

  get data(): ByteString {
    return this.#site.data;
  }

  get serialNumber(): number {
    return this.#site.serialNumber;
  }

  get privateKey(): KeyObject {
    return this.#first();
  }

  /** The key that the site had with the serial number by which a client knows it, unless it has been withdrawn. */
  privateKeyFor(knownSerial: number): KeyObject {
    const known = this.#keys.find(({ fromSerial }) => fromSerial <= knownSerial);
    return known?.key ?? this.#first();
  }

  /** From now on answers are this one's. */
  renew(site: HandleSite): void {
    this.#keys = keysOf(site);
    this.#site = site;
  }

  #first(): KeyObject {
    return (this.#keys[0] as { readonly key: KeyObject }).key;
  }
}

function keysOf({ keys }: HandleSite): readonly { readonly key: KeyObject; readonly fromSerial: number }[] {
  return keys.map(({ pem, fromSerial }) => ({ key: createPrivateKey(pem), fromSerial }));
}

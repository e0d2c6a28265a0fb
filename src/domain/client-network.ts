// The network an address belongs to, as it is counted and shown. Pure.

/**
 * IPv4 /24, IPv6 /48, as text; the same for the same network. A /48 is what one site is given, so less would hand it 2⁸⁰
 * addresses to guess from; a /24 is what a guesser can rent together. Neighbours who share it lose nothing but unknown
 * handles, as hits are never limited.
 */
export function networkOf(address: string): string {
  if (!address.includes(':')) return `${address.slice(0, address.lastIndexOf('.') + 1)}0/24`;
  const [head = ''] = address.split('::');
  const groups = head === '' ? [] : head.split(':');
  return `${groups[0] ?? '0'}:${groups[1] ?? '0'}:${groups[2] ?? '0'}::/48`;
}

// Texts of every coding scheme, as people paste them, and the nearest ones that are none.

import { describe, expect, test } from 'vitest';
import type { Handle } from '../../src/domain/handle.ts';
import { type Route, routeOf } from '../../src/domain/route.ts';
import { recognise, schemeOf } from '../../src/domain/scheme.ts';

describe('a text of another scheme', () => {
  test.each([
    ['1.2.156.3088.20', 'oid', '0.OID/1.2.156.3088.20'],
    ['urn:oid:2.16.156.1', 'oid', '0.OID/2.16.156.1'],
    ['did:bid:ef24NBA7au48UTZrUNRHj2p3bnRzF3YCH', 'bid', '0.DID/did:bid:ef24NBA7au48UTZrUNRHj2p3bnRzF3YCH'],
    ['did:bid:acsn:efJgt44mNDewKK1VEN454R17cjso3mSG', 'bid', '0.DID/did:bid:acsn:efJgt44mNDewKK1VEN454R17cjso3mSG'],
    ['01/09506000134352/10/L-7/21/S-1', 'gs1', '0.GS1/01/09506000134352/10/L-7/21/S-1'],
    ['(01)09506000134352(21)S-1', 'gs1', '0.GS1/01/09506000134352/21/S-1'],
    ['https://id.gs1.org/01/9506000134352?x=1', 'gs1', '0.GS1/01/09506000134352'],
    ['VAA08811812345678/CHAIR/01', 'vaa', '88.118.12345678/CHAIR/01'],
    ['hdl:10.1000/182', 'handle', '10.1000/182'],
    ['https://hdl.handle.net/10.1000/A%20B', 'handle', '10.1000/A B'],
    ['1000010000000001', 'ecode', '0.ECODE/1000010000000001'],
    ['ecode:2000012345', 'ecode', '0.ECODE/2000012345'],
  ])('%s is %s', (text, scheme, name) => {
    expect(recognise(text)).toEqual({ scheme, name });
  });

  test.each([
    ['88.118.10023/CHAIR-01', 'a handle'],
    ['10.1000/182', 'a handle that begins with digits'],
    ['1.2', 'two arcs, which name no country'],
    ['1.2.0156', 'an arc with a leading zero'],
    ['3.2.156', 'no root of the tree'],
    [`1.2.${'9'.repeat(100)}`, 'an OID that is too long'],
    ['did:web:example.com', 'another DID method'],
    ['did:bid:xx24NBA7au48', 'neither ef nor zf'],
    ['VAA0881181234567/X', 'a VAA code of seven digits'],
    ['(21)S-1(01)09506000134352', 'AIs out of order'],
    ['10000', 'an Ecode without a main code'],
    ['88.118', 'a prefix'],
  ])('%s is none (%s)', (text) => {
    expect(recognise(text)).toBeNull();
  });

  test('a GTIN whose check digit is wrong is refused with what is wrong', () => {
    expect(() => recognise('01/09506000134353')).toThrow(/check digit/);
    expect(() => recognise('(01)09506000134352(21)S~1')).toThrow(/AI 21/);
  });

  test('keeps the case of a serial, and gives back its own text', () => {
    const name = recognise('(01)09506000134352(21)aB')?.name as Handle;
    expect(schemeOf(name)).toEqual({ scheme: 'gs1', text: '01/09506000134352/21/aB' });
    expect(schemeOf('88.118.1/X' as Handle).scheme).toBe('vaa');
    expect(schemeOf('10.1/X' as Handle)).toEqual({ scheme: 'handle', text: '10.1/X' });
  });
});

describe('a route', () => {
  const route = (name: string, scheme: Route['scheme'], ...prefixes: string[]): Route => ({ name, scheme, prefixes });
  const routes = [
    route('world', 'handle', '*'),
    route('top', 'vaa', '*'),
    route('doi', 'handle', '10'),
    route('publisher', 'handle', '10.1000', '10.2000'),
    route('objects', 'oid', '*'),
  ];

  test.each([
    ['20.500/X', 'world'],
    ['10.5/X', 'doi'],
    ['10.1000/X', 'publisher'],
    ['10.2000.1/X', 'publisher'],
    ['10.10001/X', 'doi'],
    ['0.NA/10.1000', 'publisher'],
    ['88.200.1/X', 'top'],
    ['0.OID/1.2.156', 'objects'],
    ['0.DID/did:bid:ef1', undefined],
  ])('of %s is %s: longest prefix of whole segments, then the scheme itself', (handle, name) => {
    expect(routeOf(handle as Handle, routes)?.name).toBe(name);
  });

  test('for handles covers VAA where none is for VAA itself', () => {
    expect(routeOf('88.200.1/X' as Handle, routes.slice(0, 1))?.name).toBe('world');
    expect(routeOf('10.1/X' as Handle, routes.slice(1, 2))).toBeNull();
  });
});

test('a long text without an end to its query takes no longer than reading it', () => {
  const startedAt = performance.now();
  recognise(`https://x/${'?'.repeat(130_000)}\nx`);
  expect(performance.now() - startedAt).toBeLessThan(500); // some seconds if every "?" is a start
});

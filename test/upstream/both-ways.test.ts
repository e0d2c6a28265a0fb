// The site of a delegated prefix that is spoken to over HTTP and over the Handle protocol: what one cannot say the other may.

import { describe, expect, test } from 'vitest';
import { openScriptedHandle, siteOn } from './scripted-handle-server.ts';
import { answer, type Script, saysAbsent } from './scripted-server.ts';
import { because, HANDLE, handleServer, server, world } from './world.ts';

const LOCAL = { allowedNetworks: ['127.0.0.1'], deadlineMs: 900 };

async function both(script: Script) {
  const [http, handle] = [await server(script), await handleServer()];
  const opened = world([], LOCAL);
  return { ...opened, http, handle, ask: () => opened.askBoth([http.url], siteOn([handle])) };
}

describe('a site that speaks both', () => {
  test('is asked over HTTP alone as long as that says anything', async () => {
    const { ask, handle } = await both(saysAbsent);
    expect(await ask()).toMatchObject({ kind: 'not-found' });
    expect(handle.asked).toEqual([]);
  });

  test.each<[string, Script]>([
    ['fails', (_request, response) => answer(response, 500, {})],
    ['hangs', () => {}],
    ['serves something else', (_request, response) => answer(response, 200, '<html>')],
    ['says nothing that counts', (_request, response) => answer(response, 403, { responseCode: 400 })],
  ])('is asked over the Handle protocol within the same deadline where HTTP %s', async (_, script) => {
    const { ask, http, handle, trips } = await both(script);
    const startedAt = performance.now();
    expect(await ask()).toMatchObject({ kind: 'found' });
    expect(performance.now() - startedAt).toBeLessThan(LOCAL.deadlineMs);
    expect([http.asked, handle.asked.map((asked) => asked.handle), trips.length]).toEqual([[HANDLE], [HANDLE], 2]);
  });

  test('cannot be found out where neither says anything, for the reason of the first', async () => {
    const gone = await openScriptedHandle();
    await gone.close();
    const http = await server((_request, response) => answer(response, 500, {}));
    const { askBoth, failures } = world([], LOCAL);
    await expect(askBoth([http.url], siteOn([gone]))).rejects.toMatchObject(because('status 500'));
    expect(failures).toHaveLength(2);
  });

  test('that is to be reached encrypted is not believed unsigned', async () => {
    const handle = await handleServer();
    const gone = await server();
    await gone.close();
    const { askBoth } = world([], LOCAL);
    const encrypted = gone.url.replace('http:', 'https:');
    await expect(askBoth([encrypted], siteOn([handle]))).rejects.toMatchObject(because(/ECONNREFUSED/));
    expect(await askBoth([gone.url], siteOn([handle]))).toMatchObject({ kind: 'found' });
  });
});

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { loadConfig, SETTINGS } from '../../src/app/config.ts';
import { clientEnvironment } from '../../src/app/config-environment.ts';
import { isHandleError } from '../../src/domain/error.ts';

const directory = mkdtempSync(join(tmpdir(), 'jiabiao-config-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

let files = 0;
function fileOf(content: unknown): string {
  const file = join(directory, `config-${files++}.json`);
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
  return file;
}

function refusalOf(sources: Parameters<typeof loadConfig>[0]): string {
  try {
    loadConfig({ environment: {}, ...sources });
  } catch (error) {
    if (isHandleError(error, 'INVALID_CONFIG')) return error.message;
    throw error;
  }
  throw new Error('the configuration was accepted');
}

const route = (name: string, prefixes: readonly string[], endpoint = 'https://a.example') => {
  return { name, prefixes, endpoints: [endpoint] };
};

const server = 'postgres://jiabiao@database.example:5432/jiabiao';
const atServers = (url: string, more: object = {}) => {
  return { store: { kind: 'postgres' }, postgres: { urls: [url], ...more } };
};
const handleRoute = (more: object) => ({ name: 'a', protocol: 'handle', ...more });

describe('settings', () => {
  test('are complete without any source', () => {
    const config = loadConfig({ environment: {} });
    expect(config.http).toMatchObject({ host: '127.0.0.1', port: 8000, allowPlainHttp: false });
    expect(config.store).toEqual({ kind: 'lmdb', path: './data' });
    expect(config.node).toEqual({ prefix: '88.118', homed: [{ prefix: '88.118', foldsCase: false }] });
    expect(config.workers).toBe('auto');
  });

  test('each have a description and an unmistakable name in the environment', () => {
    for (const setting of SETTINGS) expect(setting.description, setting.path).toMatch(/\w.*[.\]]$/s);
    expect(new Set(SETTINGS.map((setting) => setting.environment)).size).toBe(SETTINGS.length);
    expect(SETTINGS.find((setting) => setting.path === 'http.allowPlainHttp')?.environment).toBe(
      'JIABIAO_HTTP__ALLOW_PLAIN_HTTP',
    );
  });

  test('defaults satisfy their own schema', () => {
    const defaults: Record<string, Record<string, unknown> | unknown> = {};
    for (const { path, default: value } of SETTINGS) {
      const [section, key] = path.split('.') as [string, string | undefined];
      defaults[section] = key === undefined ? value : { ...(defaults[section] as object), [key]: value };
    }
    expect(loadConfig({ environment: {}, file: fileOf(defaults) })).toEqual(loadConfig({ environment: {} }));
  });

  test('come from the file, over it the environment, over that the flags', () => {
    const file = fileOf({ http: { port: 1001, maxConnections: 11 }, cache: { l1Bytes: 5 }, workers: 3 });
    const environment = { JIABIAO_HTTP__PORT: '1002', JIABIAO_CACHE__L1_BYTES: '6' };
    const config = loadConfig({ file, environment, flags: [['http.port', '1003', '--port']] });
    expect(config.http).toMatchObject({ port: 1003, maxConnections: 11 });
    expect(config.cache.l1Bytes).toBe(6);
    expect(config.workers).toBe(3);
  });

  test('take every type from text', () => {
    const environment = {
      JIABIAO_WORKERS: 'auto',
      JIABIAO_HTTP__ALLOW_PLAIN_HTTP: 'true',
      JIABIAO_HTTP__HOST: '0.0.0.0',
      JIABIAO_HTTP__METRICS_PORT: 'null',
      JIABIAO_HTTP__TRUSTED_PROXIES: '10.0.0.1, 10.1.0.0/16',
      JIABIAO_HTTP__CORS_ORIGINS: '["https://a.example"]',
      JIABIAO_NODE__HOMED: '[{"prefix":"20.500.x","foldsCase":true}]',
    };
    const config = loadConfig({ environment });
    expect(config.http).toMatchObject({
      host: '0.0.0.0',
      metricsPort: null,
      trustedProxies: ['10.0.0.1', '10.1.0.0/16'],
      corsOrigins: ['https://a.example'],
    });
    expect(config.node.homed).toEqual([
      { prefix: '88.118', foldsCase: false },
      { prefix: '20.500.X', foldsCase: true },
    ]);
    expect(loadConfig({ environment: { JIABIAO_HTTP__CORS_ORIGINS: '*' } }).http.corsOrigins).toBe('*');
  });

  test('take routes that differ in prefix or in scheme', () => {
    const routes = [route('all', ['*']), route('one', ['20.500', '20.500']), { ...route('vaa', ['*']), scheme: 'vaa' }];
    expect(loadConfig({ environment: {}, file: fileOf({ upstream: { routes } }) }).upstream.routes).toHaveLength(3);
  });

  test('take a PostgreSQL, the replica that may follow it, and further ones to read from', () => {
    const environment = {
      JIABIAO_STORE__KIND: 'postgres',
      JIABIAO_POSTGRES__URLS: `${server}, postgresql://jiabiao@second.example/jiabiao`,
      JIABIAO_POSTGRES__REPLICA_URLS: `postgresql://jiabiao@second.example/jiabiao, postgres://reader@third.example/jiabiao`,
      JIABIAO_POSTGRES__TLS: 'true',
      JIABIAO_POSTGRES__CA_FILE: 'ca.pem',
    };
    expect(loadConfig({ environment }).postgres).toMatchObject({
      urls: [server, 'postgresql://jiabiao@second.example/jiabiao'],
      replicaUrls: ['postgresql://jiabiao@second.example/jiabiao', 'postgres://reader@third.example/jiabiao'],
      schema: 'jiabiao',
      tls: true,
    });
  });

  test('take networks of either kind, and single addresses', () => {
    const allowedNetworks = ['10.0.0.0/8', 'fd00::/8', '192.0.2.1', '::1'];
    const { upstream } = loadConfig({ environment: {}, file: fileOf({ upstream: { allowedNetworks } }) });
    expect(upstream.allowedNetworks).toEqual(allowedNetworks);
  });

  test.each([
    '10.0.0.0/33',
    'fd00::/129',
    '10.0.0/8',
    '10.0.0.0/',
    '10.0.0.0/8/8',
    'example.com',
  ])('know no network %s', (network) => {
    const [allowedNetworks, trustedProxies] = [[network], [network]];
    const message = refusalOf({ file: fileOf({ upstream: { allowedNetworks }, http: { trustedProxies } }) });
    for (const setting of ['upstream.allowedNetworks', 'http.trustedProxies']) {
      expect(message).toMatch(new RegExp(`${setting} .*"${network}" is no network: write it as 10.0.0.0/8`));
    }
  });

  test.each([
    ['http.metricsPort', { http: { port: 8000, metricsPort: 8000 } }, /another port than http\.port/],
    ['handle.port', { http: { port: 8000 }, handle: { port: 8000 } }, /another port than http\.port/],
    ['node.prefix', { node: { prefix: '0.NA' } }, /belongs to the handle system/],
    ['http.corsOrigins', { http: { corsOrigins: ['shop.example'] } }, /must match pattern/],
    ['upstream.ownAddresses', { upstream: { ownAddresses: ['https://node.example/'] } }, /must match pattern/],
    ['upstream.routes', { upstream: { routes: [route('far', ['*'], 'https://far.example:99999')] } }, /no address/],
  ])('know what %s cannot be: %j', (setting, settings, reason) => {
    const message = refusalOf({ file: fileOf(settings) });
    expect(message).toContain(`${setting} (`);
    expect(message).toMatch(reason);
  });

  test('take doors at free ports, and at one port of different addresses', () => {
    const upstream = { ownAddresses: ['node.example', '[2001:db8::1]:8000'] };
    const free = { http: { port: 0, metricsPort: 0 }, handle: { port: 0 }, upstream };
    const apart = { http: { port: 8000 }, handle: { host: '127.0.0.2', port: 8000 } };
    const taken = [free, apart].map((settings) => loadConfig({ environment: {}, file: fileOf(settings) }).handle.port);
    expect(taken).toEqual([0, 8000]);
  });

  test("keep the case rule given for the node's own prefix", () => {
    const file = fileOf({ node: { prefix: '88.200', homed: [{ prefix: '88.200', foldsCase: true }] } });
    expect(loadConfig({ environment: {}, file }).node.homed).toEqual([{ prefix: '88.200', foldsCase: true }]);
  });
});

describe('a wrong configuration', () => {
  test('is refused with every problem at once, each with its path, source and reason', () => {
    const file = fileOf({ http: { port: 70_000, hosts: 'x' }, store: { kind: 'sqlite' }, cashe: {} });
    const message = refusalOf({
      file,
      environment: { JIABIAO_WORKERS: 'many', JIABIAO_HTTP__PROT: '1' },
      flags: [['log.level', 'loud', '--log-level']],
    });
    expect(message).toContain('7 settings are wrong');
    expect(message).toContain(`http.port (${file}): must be an integer from 0 to 65535, not 70000`);
    expect(message).toContain(`http.hosts (${file}): is not a setting`);
    expect(message).toContain(`store.kind (${file}): must be "lmdb" or "memory" or "postgres", not "sqlite"`);
    expect(message).toContain(`cashe (${file}): is not a setting`);
    expect(message).toContain('workers (environment JIABIAO_WORKERS): must be "auto" or an integer from 1 to 64');
    expect(message).toContain('JIABIAO_HTTP__PROT (environment): is not a setting');
    expect(message).toContain('log.level (--log-level): must be');
  });

  test('of nearly the right name is told the right one', () => {
    expect(refusalOf({ environment: { JIABIAO_HTTP_PORT: '1' } })).toContain('did you mean JIABIAO_HTTP__PORT?');
    expect(refusalOf({ file: fileOf({ port: 1 }) })).toContain('did you mean http.port?');
  });

  test.each([
    ['a section that is no object', { http: 8000 }, 'http ('],
    ['a file that is no object', [1], '(whole file)'],
    ['a homed prefix that is none', { node: { homed: [{ prefix: 'a/b' }] } }, 'is not a prefix'],
    ['an unknown key of a homed prefix', { node: { homed: [{ prefix: '1', folds: true }] } }, 'node.homed'],
    ['an own prefix that is none', { node: { prefix: '88..118' } }, 'is not a prefix'],
    ['a text for a number', { http: { port: '8000' } }, 'must be an integer from 0 to 65535, not "8000"'],
    ['a route for what is no prefix', { upstream: { routes: [route('a', ['a b'])] } }, '"A B" is not a prefix'],
    [
      'two routes for one prefix',
      { upstream: { routes: [route('a', ['20.x']), route('b', ['20.X'])] } },
      '"b": "a" is',
    ],
    [
      'a route for what is ours',
      { node: { prefix: '88.118' }, upstream: { routes: [route('a', ['88.1180', '88.118.7'])] } },
      '"a": 88.118.7 is at or below 88.118, for which this node answers itself',
    ],
    [
      'a route for what is ours as well',
      { node: { homed: [{ prefix: '88.x' }] }, upstream: { routes: [route('a', ['88.X'])] } },
      'is at or below 88.X',
    ],
    [
      'more routes than there are metrics for',
      { upstream: { routes: Array.from({ length: 17 }, (_, i) => route(`r${i}`, [`20.${i}`])) } },
      'must be a list of at most 16 entries',
    ],
    ['a password in an endpoint', { upstream: { routes: [route('a', ['*'], 'https://u:p@b')] } }, 'must match pattern'],
    ['a store in PostgreSQL nowhere', { store: { kind: 'postgres' } }, 'postgres.urls (default): must name'],
    ['a PostgreSQL that is not the store', { postgres: { urls: [server] } }, 'counts only with store.kind postgres'],
    ['replicas without their store', { postgres: { replicaUrls: [server] } }, 'counts only with store.kind postgres'],
    [
      'a password among the settings',
      atServers('postgres://jiabiao:oak@a/jiabiao'),
      'not ["postgres://jiabiao:…@a/jiabiao"]; /0 is written postgres://user@host:5432/database, its password in the file of',
    ],
    ['a PostgreSQL without its database', atServers('postgres://jiabiao@a:5432'), 'postgres.urls'],
    ['a replica that is the primary', atServers(server, { replicaUrls: [server] }), 'name another'],
    ['authorities without TLS', atServers(server, { caFile: 'ca.pem' }), 'counts only with postgres.tls'],
    ['a schema of another spelling', atServers(server, { schema: 'Jia-Biao' }), 'postgres.schema'],
    ['a route without endpoints', { upstream: { routes: [{ name: 'a' }] } }, '"a": it needs endpoints'],
    ['a route to nobody', { upstream: { routes: [handleRoute({})] } }, 'it needs a host, or the file of a site'],
    ['a host and a site', { upstream: { routes: [handleRoute({ host: 'h', site: 'f' })] } }, 'one of both'],
    ['a port of a site', { upstream: { routes: [handleRoute({ site: 'f', port: 1 })] } }, 'port belongs to a host'],
    ['a host with a port in it', { upstream: { routes: [handleRoute({ host: 'h:1' })] } }, 'must match pattern'],
    [
      'a key that vouches for itself',
      { upstream: { routes: [handleRoute({ host: 'h', certified: true })] } },
      'certified',
    ],
    ['an OID by handle', { upstream: { routes: [handleRoute({ host: 'h', scheme: 'oid' })] } }, 'knows no oid'],
    [
      'endpoints by handle',
      { upstream: { routes: [handleRoute({ host: 'h', endpoints: ['http://a'] })] } },
      'endpoints',
    ],
    ['a host by HTTP', { upstream: { routes: [{ ...route('a', ['*']), host: 'h' }] } }, 'host does not belong'],
    ['announcements without a Redis', { redis: { announce: true } }, 'counts only beside redis.urls'],
    ['a fraction for an integer', { http: { port: 80.5 } }, 'http.port'],
  ])('with %s is refused', (_, content, reason) => {
    expect(refusalOf({ file: fileOf(content) })).toContain(reason);
  });

  test('in a file that is missing or broken is refused with the name of the file', () => {
    expect(refusalOf({ file: join(directory, 'nowhere.json') })).toContain('nowhere.json cannot be read');
    const broken = fileOf('{"http": {');
    expect(refusalOf({ file: broken })).toContain(`${broken} is not JSON`);
  });

  test('with a broken list in the environment names the variable', () => {
    expect(refusalOf({ environment: { JIABIAO_NODE__HOMED: '[{' } })).toContain(
      'node.homed (environment JIABIAO_NODE__HOMED): must be a list; this is broken JSON',
    );
  });

  test('does not open plain HTTP to others unless that is meant', () => {
    expect(refusalOf({ environment: { JIABIAO_HTTP__HOST: '0.0.0.0' } })).toContain('http.allowPlainHttp');
    expect(refusalOf({ flags: [['http.host', '::', '--host']] })).toContain('http.host (--host)');
    for (const host of ['127.0.0.1', '127.8.8.8', '::1', 'localhost']) {
      expect(loadConfig({ environment: { JIABIAO_HTTP__HOST: host } }).http.host).toBe(host);
    }
  });
});

test("the clients' variables are no settings", () => {
  const environment = { JIABIAO_URL: 'http://n.example', JIABIAO_KEY: 'jb_x' };
  expect(() => loadConfig({ environment })).not.toThrow();
  expect(clientEnvironment(environment)).toEqual({ url: 'http://n.example', key: 'jb_x' });
  expect(clientEnvironment({})).toEqual({ url: null, key: null });
});

describe('the settings of TLS', () => {
  test('open the node to others without plain HTTP', () => {
    const environment = {
      JIABIAO_HTTP__HOST: '0.0.0.0',
      JIABIAO_TLS__CERTIFICATE: '/etc/node.crt',
      JIABIAO_TLS__KEY: '/etc/node.key',
    };
    expect(loadConfig({ environment }).tls).toMatchObject({ certificate: '/etc/node.crt', minVersion: 'TLSv1.2' });
  });

  test.each([
    ['a certificate without a key', { JIABIAO_TLS__CERTIFICATE: 'a' }, 'tls.key (default): must name the private key'],
    ['a key without a certificate', { JIABIAO_TLS__KEY: 'a' }, 'tls.key (environment JIABIAO_TLS__KEY): counts only'],
    ['authorities of clients alone', { JIABIAO_TLS__CLIENT_CA: 'a' }, 'tls.clientCa'],
    ['a version that is not safe', { JIABIAO_TLS__MIN_VERSION: 'TLSv1.1' }, '"TLSv1.2" or "TLSv1.3"'],
  ])('are refused: %s', (_, environment, reason) => {
    expect(refusalOf({ environment })).toContain(reason);
  });
});

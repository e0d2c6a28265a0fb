// What every command's help shows under "Examples": lines that work when the names in them are yours, with what each is
// for. A test reads each line as the command line does.

import type { Command } from 'commander';

type Example = readonly [line: string, purpose: string];

/** By command, without the program's name. */
export const EXAMPLES: Readonly<Record<string, readonly Example[]>> = {
  '': [
    ['serve --demo', 'a node with products to try'],
    ['resolve 88.118.10001/SOFA-N301', 'what is registered under an identifier'],
    ['register 88.118.10001/X1 --value "2000:PRODUCT_NAME=Chair"', 'register one'],
    ['import products.csv --mapping mapping.json', 'register a file; again changes nothing'],
    ['history 88.118.10001/X1', 'who changed what, and when'],
    ['changes --follow', 'what happens, as it happens'],
    ['enterprise create --name "Oak Works" --state active', 'the next enterprise code'],
    ['key create --principal ID --label ERP', "a key for an enterprise's system"],
    ['backup /backups --backup-key backup.key', 'the whole store, while the node runs'],
  ],
  serve: [
    ['serve --demo', 'a node with products to try'],
    ['serve --config /etc/jiabiao.json', 'with settings from a file'],
    ['serve --data /var/lib/jiabiao --host 0.0.0.0 --allow-plain-http', 'behind a TLS proxy'],
  ],
  import: [
    ['import products.ndjson', 'a registration a line'],
    ['import products.csv --mapping mapping.json --report report.csv', 'a table; which rows were refused, and why'],
    ['import products.xlsx --profile lamps --sheet 灯具', 'a sheet of a workbook, its columns as saved'],
    ['import products.ndjson --on-error stop', 'all of it, or nothing'],
    ['import products.ndjson --dry-run', 'check every row, change nothing'],
    ['import - --format ndjson --json', 'from standard input; the counts as JSON'],
    ['import registry.ndjson --preserve', 'an export of another node, as it was there'],
    ['import handles.txt --format handle-batch', "a Handle server's batch text"],
  ],
  'import list': [['import list --limit 5', 'the newest five']],
  'import show': [['import show 0000mwwp5umrapwtjl', 'how far it is']],
  'import cancel': [['import cancel 0000mwwp5umrapwtjl', 'what it has registered stands']],
  'import report': [['import report 0000mwwp5umrapwtjl --out refused.csv', 'for Excel or WPS']],
  'import profile': [['import profile list', 'the names that are taken']],
  'import profile save': [['import profile save lamps mapping.json', 'for your enterprise']],
  'import profile list': [['import profile list --json', 'with what they say']],
  'import profile show': [['import profile show lamps', 'to change it and save it again']],
  'import profile delete': [['import profile delete lamps', 'imports that were begun with it keep it']],
  resolve: [
    ['resolve 88.118.10001/SOFA-N301', 'all public values'],
    ['resolve 88.118.10001/SOFA-N301 --type PRODUCT_NAME --type BRAND', 'only these'],
    ['resolve 88.118.10001/SOFA-N301 88.118.10001/BED-K120 --json', 'several, for a script'],
    ['resolve 88.118.10001/SOFA-N301 --protocol handle 127.0.0.1:2641 --trace', 'over the Handle protocol, each step'],
    ['resolve 20.500.12345/OAK --protocol handle --site root.json --root --certified', 'down a tree, signed answers'],
  ],
  register: [
    ['register 88.118.10001/X1 --value "2000:PRODUCT_NAME=Chair" --value 2001:BRAND=Oak', 'with two values'],
    ['register 88.118.10001/X1-0001 --parent 88.118.10001/X1 --value 2010:SERIAL=0001', 'an item of a model'],
    ['register 88.118.10001/X1 --template 88.118/META_FURNITURE --file record.json', 'if it fits that template'],
    ['register 88.118.10001/X1 --file record.json --if-match 3', 'only if nobody else changed it'],
  ],
  revoke: [['revoke 88.118.10001/X1 --reason "Recalled: the back leg can break"', 'its tombstone keeps answering']],
  lot: [['lot list', 'ranges of serials that are registered']],
  'lot create': [
    ['lot create --prefix 88.118.10001 --head N301- --width 8 --from 1 --to 5000000', 'five million codes at once'],
    [
      'lot create --prefix 88.118.10001 --head N301- --width 8 --from 1 --to 5000 --parent 88.118.10001/SOFA-N301 --file lot.json',
      'with what is said of each, and what they inherit',
    ],
  ],
  'lot list': [['lot list --prefix 88.118.10001 --json', 'of one enterprise, for a script']],
  'lot show': [['lot show 88.118.10001:mfz3k1x09f2c4a71', 'its range, its state, how hard its codes are to guess']],
  'lot codes': [
    ['lot codes 88.118.10001:mfz3k1x09f2c4a71 --out labels.csv', 'all of them, for the label printer'],
    ['lot codes 88.118.10001:mfz3k1x09f2c4a71 --from 1 --to 1000 --format ndjson', 'the first thousand'],
  ],
  'lot split': [['lot split 88.118.10001:mfz3k1x09f2c4a71 --at 2001', 'to revoke or change one part alone']],
  'lot close': [['lot close 88.118.10001:mfz3k1x09f2c4a71 --to 4875', 'no more than these were printed']],
  'lot revoke': [['lot revoke 88.118.10001:mfz3k1x09f2c4a71 --reason "Wrong board delivered"', 'every code of it']],
  'lot extend': [['lot extend 88.118.10001:mfz3k1x09f2c4a71 --to 10000', 'more of the same']],
  template: [['template list', 'those of the node, and your own']],
  'template list': [['template list --prefix 88.118.10001 --json', 'of one enterprise, for a script']],
  'template show': [
    ['template show 88.118/META_FURNITURE', 'its elements and their rules'],
    ['template show 88.118/META_FURNITURE --json', 'to change it and put it again'],
    ['template show 88.118/META_FURNITURE --at-version 1', 'as it was first'],
  ],
  'template put': [
    ['template put config/templates/furniture.json', 'a starter, for every enterprise of the node'],
    ['template put config/templates/furniture.json --handle 88.118.10001/META_SOFA', 'as your own'],
  ],
  'template disable': [['template disable 88.118.10001/META_SOFA 2042', 'takes no new values from now on']],
  enterprise: [['enterprise list', 'all of them, by prefix']],
  'enterprise create': [
    ['enterprise create --name "Oak Works" --state active', 'with the next free code'],
    ['enterprise create --name "Oak Works" --prefix 88.118.20001 --quota 1000000', 'with this one'],
  ],
  'enterprise list': [['enterprise list --json', 'for a script']],
  'enterprise show': [['enterprise show 88.118.10001', 'one of them']],
  'enterprise set-state': [['enterprise set-state 88.118.10001 suspended', 'resolves on, cannot write']],
  'enterprise transfer': [
    ['enterprise transfer 88.118.10002 --to 88.118.10001', 'which alone writes under it from then on'],
    ['enterprise transfer 88.118.10002 --to 88.118.10002', 'gives it back'],
  ],
  principal: [['principal list', 'who may act']],
  'principal create': [
    ['principal create --name "Oak Works ERP" --role enterprise --scope 88.118.10004', 'writes below its prefix'],
    ['principal create --name Audit --role reviewer', 'reads everything'],
  ],
  'principal list': [['principal list --json', 'for a script']],
  'principal disable': [['principal disable ID', 'closes all its keys at once']],
  'principal enable': [['principal enable ID', 'they open again']],
  key: [['key list', 'all keys, without their tokens']],
  'key create': [
    ['key create --principal ID --label ERP --out erp.key', 'into a file that only you can read'],
    ['key create --principal ID --label Trial --expires 2027-01-31', 'for a while'],
  ],
  'key certificate': [['key certificate --principal ID --label ERP --file erp.crt', 'clients with it need no key']],
  'key list': [['key list --json', 'for a script']],
  'key rotate': [['key rotate ID --grace 86400 --out erp.key', 'the old one works for a day more']],
  'key revoke': [['key revoke ID', 'closes it at once']],
  recall: [
    [
      'recall 88.118.10001/BATCH-1 --reason "Supplier report 118" --notice "铰链可能断裂，请停止使用。The hinge can break: stop using it."',
      'every item of the batch shows the notice at once',
    ],
  ],
  'recall issue': [
    [
      'recall issue 88.118.10001/BATCH-1 --reason "Supplier report 118" --notice "停止使用。Stop using it."',
      'the same, by its full name',
    ],
  ],
  'recall lift': [['recall lift 88.118.10001/BATCH-1', 'as if it had never been; the history tells']],
  children: [
    ['children 88.118.10001/BATCH-1 --limit 20', 'the first items of a batch'],
    ['children 88.118.10001/BATCH-1 --after 88.118.10001/ITEM-20', 'those behind one'],
  ],
  move: [
    ['move 88.118.10001/BATCH-1 --to 88.118.10001/BATCH-2', 'all its items to another batch'],
    ['move 88.118.10001/BATCH-1 --dry-run', 'what would happen if they got no parent'],
  ],
  search: [
    ['search --code OAK-CHAIR --begins', "by own code, without its end, under the key's own prefix"],
    ['search --prefix 88.118.10001 --element "SKU=oak-100"', 'by what a template marks searchable'],
    ['search --prefix 88.118.10001 --created-from 2026-01-31T00:00:00+08:00 --status active', 'what is new and in use'],
    ['search --prefix 88.118.10001 --status recalled --json', 'for a script'],
  ],
  cache: [
    ['cache show 20.500.12345/OAK-CHAIR', 'how old is what is remembered of it'],
    ['cache purge 20.500.12345/OAK-CHAIR', 'ask the other node next time'],
  ],
  'cache show': [['cache show 20.500.12345/OAK-CHAIR', 'is it remembered, and how old is it']],
  'cache purge': [['cache purge 20.500.12345/OAK-CHAIR', 'ask the other node next time']],
  history: [
    ['history 88.118.10001/SOFA-N301', 'newest change first'],
    ['history 88.118.10001/SOFA-N301 --limit 1', 'only the last one'],
    ['history 88.118.10001/SOFA-N301 --json', 'for a script: an array of changes'],
  ],
  stats: [
    ['stats', 'the last 31 days, all prefixes that the key may see'],
    ['stats --prefix 88.118.10001 --from 2026-11-01 --to 2026-11-30', 'one prefix in a month'],
    ['stats --json', 'for a script'],
  ],
  changes: [
    ['changes', 'the first thousand changes you may see'],
    ['changes --after 1200 --limit 50', 'the fifty that follow change 1200'],
    ['changes --prefix 88.118.10001 --json', 'of one prefix, as a JSON array'],
    ['changes --after 1200 --follow --json', 'go on as things happen, a line of JSON each; Ctrl-C ends it'],
  ],
  audit: [['audit list --kind access-denied', 'who was not let in']],
  'audit list': [
    ['audit list --from 2026-11-25T00:00:00+08:00 --limit 1000', 'since that morning'],
    ['audit list --request-id 7f1c8f0e --json', 'what one request did'],
  ],
  'audit verify': [
    ['audit verify', 'the files where the settings say'],
    ['audit verify --directory /mnt/copy/logs', 'a copy of them'],
  ],
  log: [['log search --request-id 7f1c8f0e', 'what became of one request']],
  'log search': [['log search --request-id 7f1c8f0e --config /etc/jiabiao.json', 'in the files of that node']],
  export: [
    ['export --out registry.ndjson', 'everything, with histories'],
    ['export --since 48211 --out monday.ndjson', 'what has changed since the export that named 48211'],
    ['export --prefix 88.118.10001 --no-history --out chairs.ndjson', 'what one enterprise has now'],
  ],
  backup: [
    ['backup /backups --backup-key backup.key', 'gets a name with the instant'],
    ['backup today.backup --backup-key backup.key --store /var/lib/jiabiao', 'of this store'],
  ],
  migrate: [
    ['migrate --config node.json', 'before the nodes of a new version start'],
    ['migrate --config node.json --dry-run', 'what it would run'],
    ['migrate --config node.json --distribute', 'on a Citus cluster'],
  ],
  site: [['site show', 'what the node answers as']],
  'site show': [['site show --config /etc/jiabiao.json', 'address, serial number, keys']],
  'site export': [
    ['site export', 'the record that the parent writes'],
    ['site export --form hex', 'the bytes of its HS_SITE value'],
  ],
  'site rotate-key': [['site rotate-key', 'the node goes on running']],
  'site withdraw-key': [
    ['site withdraw-key', 'a day after the rotation, or at once if the old key is known to others'],
  ],
  'migrate-store': [
    ['migrate-store --from lmdb:./data --to postgres: --config shared.json', 'into PostgreSQL, while the node runs'],
    ['migrate-store --from postgres: --to lmdb:./data --config shared.json', 'and back'],
  ],
  'backup-key': [['backup-key backup.key', 'keep a copy of it apart from the backups']],
  restore: [['restore today.backup --into /var/lib/jiabiao-new --backup-key backup.key', 'into an empty place']],
  verify: [
    ['verify', 'the store of the settings, while its node runs or not'],
    ['verify today.backup --backup-key backup.key', 'a backup'],
    ['verify today.backup --backup-key backup.key --authenticity-only', 'only whether it is whole and unaltered'],
  ],
  config: [['config print', 'the settings a node would start with']],
  'config print': [
    ['config print --config /etc/jiabiao.json', 'check a file, with what the environment adds'],
    ['config print --describe', 'what every setting means'],
  ],
  completion: [
    ['completion bash', 'in ~/.bashrc: source <(jiabiao completion bash)'],
    ['completion zsh', 'in ~/.zshrc, after compinit: source <(jiabiao completion zsh)'],
    ['completion fish', 'into ~/.config/fish/completions/jiabiao.fish'],
  ],
};

/** Adds its examples to every command of the program. */
export function addExamples(program: Command): void {
  for (const [path, command] of commandsOf(program)) {
    const examples = EXAMPLES[path] ?? [];
    if (examples.length > 0) command.addHelpText('after', `\nExamples:\n${examples.map(lineOf).join('\n')}`);
  }
}

/** Every command below one, itself included, with its name from there: `enterprise create`. */
export function commandsOf(command: Command, path = ''): readonly (readonly [path: string, command: Command])[] {
  const below = command.commands.flatMap((child) => commandsOf(child, `${path} ${child.name()}`.trim()));
  return [[path, command], ...below];
}

function lineOf([line, purpose]: Example): string {
  return `  jiabiao ${line}\n      ${purpose}`;
}

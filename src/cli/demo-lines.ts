// What to try first on a demo node: lines that work when pasted into a shell.

import { DEFAULT_KEY_FILE } from './client.ts';
import type { DemoSummary } from './demo.ts';

/** Identifiers of config/demo, one a level. */
const ITEM = '88.118.10001/SOFA-N301.2608A.0001';
const MODEL = '88.118.10001/SOFA-N301';
const RECALLED = '88.118.10001/BED-K120.2608A.0007';
const NEW = '88.118.10001/MY-FIRST';

/** `url`: of the node; `watched`: where its metrics are. */
export function demoLines(
  demo: DemoSummary,
  { url, watched, keyFile }: { readonly url: string; readonly watched: string; readonly keyFile: string },
): string[] {
  const { created, changed, unchanged } = demo;
  const values = '{"values":[{"index":2000,"type":"PRODUCT_NAME","data":"我的第一个标识"}]}';
  const json = '-H "Content-Type: application/json"';
  return [
    `Demo: ${demo.enterprises.length} enterprises; identifiers: ${created} created, ${changed} changed, ${unchanged} unchanged.`,
    ...demo.enterprises.map(({ prefix, name }) => `  ${prefix}  ${name}`),
    '',
    'Paste these into another terminal:',
    `  curl "${url}/api/handles/${ITEM}?pretty"`,
    `  curl ${url}/v1/resolve ${json} -d '["${ITEM}","${MODEL}","${RECALLED}"]'`,
    `  curl -X PUT ${url}/v1/identifiers/${NEW} -H "Authorization: Bearer $(cat ${quoted(keyFile)})" ${json} -d '${values}'`,
    `  curl -s ${watched}/metrics | grep jiabiao_resolutions_total | grep -v " 0$"`,
    `Open ${url}/${ITEM} in a browser, as a phone does that scans a label.`,
    ...(isDefault(keyFile, url) ? [`Or use the command line: npm run -s jiabiao -- resolve ${ITEM}`] : []),
  ];
}

/** Whether the command line's own defaults lead to this node. */
function isDefault(keyFile: string, url: string): boolean {
  return url === 'http://127.0.0.1:8000' && keyFile === DEFAULT_KEY_FILE.replace(/^\.\//, '');
}

function quoted(file: string): string {
  return /^[\w./-]+$/.test(file) ? file : `'${file.replaceAll("'", `'\\''`)}'`;
}

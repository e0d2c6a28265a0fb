// Links of the documents lead somewhere: to a file of this repository, and to a heading in it.

import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { TRANSLATED } from './documents.ts';
import { ROOT } from './generated-tables.ts';

const DOCUMENTS = [
  'CHANGELOG.md',
  'bench/README.md',
  'config/README.md',
  'config/runbook.md',
  'config/demo/README.md',
  'config/templates/README.md',
  'config/prometheus/README.md',
  ...TRANSLATED.flat(),
];

const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

/** Anchors of a document's headings, as GitHub makes them. */
function anchorsOf(markdown: string): readonly string[] {
  return [...markdown.replaceAll(/^```.*?^```/gms, '').matchAll(/^#+ (.+)$/gm)].map(([, title = '']) =>
    title
      .trim()
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

/** Links of a document that lead nowhere. */
function deadLinks(path: string, markdown: string): readonly string[] {
  const targets = [...markdown.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target);
  return targets.filter((target) => {
    if (/^https?:/.test(target)) return false;
    const [file = '', anchor] = target.split('#');
    const linked = file === '' ? path : join(dirname(path), file);
    if (!existsSync(join(ROOT, linked))) return true;
    return anchor !== undefined && !anchorsOf(file === '' ? markdown : read(linked)).includes(anchor);
  });
}

describe('links', () => {
  it.each(DOCUMENTS)('of %s lead somewhere', (path) => {
    expect(deadLinks(path, read(path))).toEqual([]);
  });

  it.each([
    ['a file', '[a](LICENSE)', []],
    ['a heading with punctuation', '## Where is …?\n[a](#where-is-)', []],
    ['a Chinese heading', '## 备份、恢复\n[a](#备份恢复)', []],
    ['another site', '[a](https://example.org/nothing)', []],
    ['a file that does not exist', '[a](LICENCE)', ['LICENCE']],
    ['a heading that does not exist', '## B\n[a](#a)', ['#a']],
    ['a heading in a code block', '```\n## A\n```\n[a](#a)', ['#a']],
  ])('to %s are judged', (_, markdown, dead) => {
    expect(deadLinks('README.md', markdown)).toEqual(dead);
  });
});

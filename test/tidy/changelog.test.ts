// The change log keeps to the form of Keep a Changelog, newest first, and knows the version of the package.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT } from './generated-tables.ts';

const KINDS = ['Added', 'Changed', 'Deprecated', 'Removed', 'Fixed', 'Security'];
const RELEASE = /^\[(\d+)\.(\d+)\.(\d+)\] - \d{4}-\d{2}-\d{2}$/;

/** What is wrong with a change log, in words. */
function objectionsTo(text: string, version: string): readonly string[] {
  const [unreleased, ...releases] = [...text.matchAll(/^## (.+)$/gm)].map(([, title = '']) => title);
  const kinds = [...text.matchAll(/^### (.+)$/gm)].map(([, kind = '']) => kind);
  const numbers = releases.map((title) => (RELEASE.exec(title) ?? []).slice(1).map(Number));
  const order = numbers.map(([major = 0, minor = 0, patch = 0]) => major * 1e6 + minor * 1e3 + patch);
  return [
    ...(unreleased === '[Unreleased]' ? [] : ['what is not released yet does not come first']),
    ...releases.filter((title) => !RELEASE.test(title)).map((title) => `${title} is no release with its date`),
    ...kinds.filter((kind) => !KINDS.includes(kind)).map((kind) => `${kind} is no kind of change`),
    ...(order.every((one, i) => i === 0 || one < (order[i - 1] ?? 0)) ? [] : ['the newest release is not the first']),
    ...(releases.some((title) => title.startsWith(`[${version}] `)) ? [] : [`${version} is missing`]),
  ];
}

describe('CHANGELOG.md', () => {
  const text = readFileSync(join(ROOT, 'CHANGELOG.md'), 'utf8');
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };

  it('keeps to its form, and has this version', () => {
    expect(objectionsTo(text, version)).toEqual([]);
  });

  it.each([
    ['a version that is missing', text, '99.0.0'],
    ['another kind of change', text.replace('### Added', '### News'), version],
    ['a release without a date', text.replace(/ - \d{4}-\d{2}-\d{2}/, ' - soon'), version],
    ['an older release on top', text.replace('## [Unreleased]', '## [Unreleased]\n\n## [0.0.1] - 2026-11-01'), version],
    ['nothing for what comes', text.replace('## [Unreleased]', '## [0.9.0] - 2026-12-01'), version],
  ])('would be refused with %s', (_, wrong, wanted) => {
    expect(objectionsTo(wrong, wanted).length).toBeGreaterThan(0);
  });
});

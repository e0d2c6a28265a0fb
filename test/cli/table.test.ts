import { describe, expect, test } from 'vitest';
import { listOf, tableOf, widthOf, withoutControls } from '../../src/cli/table.ts';

describe('a table', () => {
  test('lines its columns up, Chinese names too', () => {
    const lines = tableOf(
      ['PREFIX', 'NAME', 'STATE'],
      [
        ['88.118.10001', '中山家具', 'active'],
        ['88.118.2', 'Lamp', null],
      ],
    );
    expect(lines).toEqual([
      'PREFIX        NAME      STATE',
      '88.118.10001  中山家具  active',
      '88.118.2      Lamp      -',
    ]);
    const columns = lines.slice(1).map((line) => widthOf(line.slice(0, line.search(/(active|-)$/))));
    expect(new Set(columns).size).toBe(1);
  });

  test('of nothing is its head', () => {
    expect(tableOf(['A', 'B'], [])).toEqual(['A  B']);
  });

  test('lets nobody steer the terminal', () => {
    expect(tableOf(['A'], [['\u001b[2Jgone\n']])).toEqual(['A', '\uFFFD[2Jgone\uFFFD']);
    expect(withoutControls('椅子 chair')).toBe('椅子 chair');
  });
});

test('a list lines its values up and shows what is absent', () => {
  expect(
    listOf([
      ['prefix', '88.118.1'],
      ['name', '灯具'],
      ['quota', null],
    ]),
  ).toEqual(['prefix  88.118.1', 'name    灯具', 'quota   -']);
});

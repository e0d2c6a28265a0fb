// What a workbook's sheets need besides themselves: where they are, which cell formats are dates, and the shared texts.

import { HandleError } from '../domain/error.ts';
import { MAX_SHARED_CHARACTERS, MAX_SHARED_TEXTS, MAX_WORKBOOK_STYLES } from '../domain/import-limits.ts';
import { shown } from '../wire/json-input.ts';
import { readXml } from './workbook-xml.ts';
import type { WorkbookZip } from './workbook-zip.ts';

export interface WorkbookParts {
  /** Name of the sheet's part in the zip file. */
  readonly sheet: string;
  /** Whether days are counted from 1904. */
  readonly is1904: boolean;
  /** By cell format: whether it shows a date. */
  readonly dates: readonly boolean[];
  readonly texts: readonly string[];
}

/** `sheet`: its name; null for the first. Throws `INVALID_REQUEST` with the names there are. */
export async function readParts(zip: WorkbookZip, sheet: string | null): Promise<WorkbookParts> {
  const { sheets, is1904 } = await readWorkbook(zip);
  const chosen = sheet === null ? sheets[0] : sheets.find(({ name }) => name === sheet);
  if (chosen === undefined) {
    const names = sheets.map(({ name }) => shown(name)).join(', ');
    const named = shown(sheet ?? '');
    const zh = `工作簿中没有工作表 ${named}，只有 ${names}。`;
    throw new HandleError('INVALID_REQUEST', `The workbook has no sheet ${named}; it has ${names}.`, { zh });
  }
  const targets = await readTargets(zip);
  const target = targets.get(chosen.id) ?? '';
  return {
    sheet: target.startsWith('/') ? target.slice(1) : `xl/${target}`,
    is1904,
    dates: zip.has('xl/styles.xml') ? await readDateFormats(zip) : [],
    texts: zip.has('xl/sharedStrings.xml') ? await readTexts(zip) : [],
  };
}

async function readWorkbook(zip: WorkbookZip): Promise<{ sheets: { name: string; id: string }[]; is1904: boolean }> {
  const sheets: { name: string; id: string }[] = [];
  let is1904 = false;
  await readXml(zip.read('xl/workbook.xml'), {
    open(name, attributes) {
      if (name === 'workbookPr') is1904 = attributes.date1904 === '1' || attributes.date1904 === 'true';
      if (name !== 'sheet') return;
      if (sheets.length >= MAX_WORKBOOK_STYLES) throw tooMany('sheets');
      const id = Object.entries(attributes).find(([key]) => key.endsWith(':id'))?.[1] ?? '';
      sheets.push({ name: attributes.name ?? '', id });
    },
  });
  return { sheets, is1904 };
}

async function readTargets(zip: WorkbookZip): Promise<ReadonlyMap<string, string>> {
  const targets = new Map<string, string>();
  await readXml(zip.read('xl/_rels/workbook.xml.rels'), {
    open(name, { Id, Target }) {
      if (name !== 'Relationship' || Id === undefined || Target === undefined) return;
      if (targets.size >= MAX_WORKBOOK_STYLES) throw tooMany('relationships');
      targets.set(Id, Target);
    },
  });
  return targets;
}

/** Number formats that are built in and show a date or time (ECMA-376 part 1, §18.8.30), those of Chinese Excel included. */
const isBuiltInDate = (id: number): boolean =>
  (id >= 14 && id <= 22) || (id >= 27 && id <= 36) || (id >= 45 && id <= 47) || (id >= 50 && id <= 58);

async function readDateFormats(zip: WorkbookZip): Promise<readonly boolean[]> {
  const custom = new Map<number, boolean>();
  const dates: boolean[] = [];
  let isInCells = false;
  await readXml(zip.read('xl/styles.xml'), {
    open(name, { numFmtId, formatCode = '' }) {
      const id = Number(numFmtId);
      if (name === 'cellXfs') isInCells = true;
      if (custom.size + dates.length > MAX_WORKBOOK_STYLES) throw tooMany('cell formats');
      if (name === 'numFmt') custom.set(id, isDateCode(formatCode));
      if (name === 'xf' && isInCells) dates.push(custom.get(id) ?? isBuiltInDate(id));
    },
    close(name) {
      if (name === 'cellXfs') isInCells = false;
    },
  });
  return dates;
}

/** Letters of years, months, days and hours outside of quotes, brackets and escapes. */
function isDateCode(code: string): boolean {
  return /[ymdh]/i.test(code.replace(/"[^"]*"|\[[^\]]*\]|\\./g, '').replace(/general/i, ''));
}

async function readTexts(zip: WorkbookZip): Promise<readonly string[]> {
  const texts: string[] = [];
  let characters = 0;
  let text = '';
  let isText = false;
  // Readings of Chinese and Japanese characters stand beside the text and are none of it.
  let isPhonetic = false;
  await readXml(zip.read('xl/sharedStrings.xml'), {
    open(name) {
      if (name === 'si') text = '';
      if (name === 'rPh') isPhonetic = true;
      isText = name === 't' && !isPhonetic;
    },
    text(piece) {
      if (isText) text += piece;
    },
    close(name) {
      isText = false;
      if (name === 'rPh') isPhonetic = false;
      if (name !== 'si') return;
      characters += text.length;
      if (texts.length >= MAX_SHARED_TEXTS || characters > MAX_SHARED_CHARACTERS) throw tooMany('texts');
      texts.push(text);
    },
  });
  return texts;
}

function tooMany(what: string): HandleError {
  return new HandleError(
    'PAYLOAD_TOO_LARGE',
    `The workbook has too many ${what}: save the sheet as CSV, or divide it.`,
    { zh: '工作簿的内容过多：请把工作表存为 CSV，或拆成几个文件。' },
  );
}

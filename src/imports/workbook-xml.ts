// XML of a workbook's part, element by element, in constant memory. Names lose their namespace prefix; documents that
// declare entities of their own are refused, as no workbook does.

import { SaxesParser } from 'saxes';
import { HandleError, isHandleError } from '../domain/error.ts';

export interface XmlListener {
  readonly open?: (name: string, attributes: Readonly<Record<string, string>>) => void;
  readonly text?: (text: string) => void;
  readonly close?: (name: string) => void;
}

/** Yields after each chunk, so that what its listener gathered can be taken. Throws `INVALID_REQUEST`. */
export async function* listenToXml(source: AsyncIterable<Buffer>, listener: XmlListener): AsyncGenerator<void> {
  const parser = new SaxesParser<{ position: false; xmlns: false }>({ position: false, xmlns: false });
  parser.on('opentag', ({ name, attributes }) => listener.open?.(localName(name), attributes));
  parser.on('closetag', ({ name }) => listener.close?.(localName(name)));
  parser.on('text', (text) => listener.text?.(text));
  parser.on('doctype', () => {
    throw new HandleError('INVALID_REQUEST', 'This is no workbook: its XML declares a document type.', {
      zh: '文件不是有效的工作簿：请在 Excel 或 WPS 中重新保存后上传。',
    });
  });
  const decoder = new TextDecoder('utf-8', { fatal: true });
  try {
    for await (const chunk of source) {
      parser.write(decoder.decode(chunk, { stream: true }));
      yield;
    }
    parser.close();
  } catch (cause) {
    if (isHandleError(cause)) throw cause;
    const message = `The workbook is damaged (${(cause as Error).message}): save it again in Excel or WPS, and send that.`;
    throw new HandleError('INVALID_REQUEST', message, {
      cause,
      zh: '工作簿已损坏：请在 Excel 或 WPS 中重新保存后上传。',
    });
  }
}

export async function readXml(source: AsyncIterable<Buffer>, listener: XmlListener): Promise<void> {
  for await (const _ of listenToXml(source, listener)); // the listener keeps what it needs
}

function localName(name: string): string {
  return name.slice(name.indexOf(':') + 1);
}

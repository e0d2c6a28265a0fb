// The XML of 10320/loc values ⇄ locations. It is data that anybody may have registered: read strictly, bounded, and without
// document types and entities of its own.

import { SaxesParser } from 'saxes';
import { type ByteString, isUtf8, textFromBytes } from '../domain/bytes.ts';
import { MAX_LOCATIONS, MAX_LOCATIONS_BYTES } from '../domain/limits.ts';
import { type Location, type LocationList, USUAL_CHOICE } from './locations.ts';

/** Null for what is no list of locations. */
export function parseLocations(data: ByteString): LocationList | null {
  if (data.length > MAX_LOCATIONS_BYTES || !isUtf8(data)) return null;
  const locations: Location[] = [];
  let chooseBy = USUAL_CHOICE;
  let isList = false;
  const parser = new SaxesParser<{ position: false; xmlns: false }>({ position: false, xmlns: false });
  parser.on('doctype', () => {
    throw new Unreadable();
  });
  parser.on('opentag', ({ name, attributes }) => {
    if (name === 'locations') {
      isList = true;
      if (attributes.chooseby !== undefined) chooseBy = attributes.chooseby.split(',');
    } else if (name === 'location' && isList && locations.length < MAX_LOCATIONS) {
      locations.push(Object.assign(Object.create(null) as object, attributes));
    }
  });
  try {
    parser.write(textFromBytes(data)).close();
  } catch {
    return null; // the parser's only way to say that it is not well-formed
  }
  return locations.length === 0 ? null : { chooseBy, locations };
}

class Unreadable extends Error {}

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

export function formatLocations({ chooseBy, locations }: LocationList): string {
  const rows = locations.map((one) => `  <location${Object.entries(one).map(attribute).join('')} />\n`);
  return `<?xml version="1.0" encoding="UTF-8"?>\n<locations${attribute(['chooseby', chooseBy.join()])}>\n${rows.join('')}</locations>\n`;
}

function attribute([name, value]: readonly [string, string]): string {
  return ` ${name}="${value.replace(/[&<>"]/g, (character) => ESCAPES[character] ?? character)}"`;
}

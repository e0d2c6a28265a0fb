// Which of the languages of our pages a visitor gets.

import type { FastifyRequest } from 'fastify';
import Negotiator from 'negotiator';
import { LANGUAGES, type Language } from './page-words.ts';
import { queryOf } from './percent-decoding.ts';

/** `?lang=` over `Accept-Language`; Chinese where neither says, as the labels are read in China. */
export function languageOf(request: FastifyRequest): Language {
  const asked = queryOf(request.url).get('lang')?.toLowerCase().split('-')[0];
  const chosen = LANGUAGES.find((language) => language === asked);
  if (chosen !== undefined) return chosen;
  const accepted = new Negotiator(request).language(['zh', 'en']);
  return accepted === 'en' ? 'en' : 'zh';
}

// Decides what becomes of a question our own store cannot answer: whose prefix it is, and whether they are asked or named.

import type { Answer, NotFound, Validity } from '../domain/answer.ts';
import { HandleError } from '../domain/error.ts';
import { responsiblePrefixOf } from '../domain/handle.ts';
import { type HomedPrefix, homeOf } from '../domain/prefix.ts';
import { type Route, routeOf } from '../domain/route.ts';
import { type Abroad, referralOf } from './abroad.ts';
import type { Delegations, Nearest } from './delegation.ts';
import type { Delegated, Question } from './resolver.ts';

export interface ElsewhereOptions {
  readonly routes: readonly Route[];
  readonly abroad: Abroad;
  /** Null if prefixes below ours are never delegated. */
  readonly delegations: Delegations | null;
  /** What is done about a delegated prefix unless who asks says otherwise. */
  readonly usual: Delegated;
}

export class Elsewhere {
  readonly #options: ElsewhereOptions;

  constructor(options: ElsewhereOptions) {
    this.#options = options;
  }

  /** For a prefix that is not homed here. Throws `NOT_RESPONSIBLE` at once if no route leads anywhere. */
  answerForeign(question: Question): Promise<Answer> {
    const { routes, abroad } = this.#options;
    if (routeOf(question.handle, routes) === null) {
      throw new HandleError('NOT_RESPONSIBLE', "That prefix doesn't live here");
    }
    if (question.delegated === 'refer' || question.delegated === 'absent') throw notRecursing();
    return abroad.ask(question, null);
  }

  /** For a handle below one of our prefixes that is not in our store: `absent` unless its prefix is delegated. */
  answerAbsent(question: Question, absent: NotFound, homed: readonly HomedPrefix[]): Answer | Promise<Answer> {
    const { delegations } = this.#options;
    if (delegations === null) return absent;
    const prefix = responsiblePrefixOf(question.handle);
    const home = homeOf(prefix, homed);
    if (home === null) return absent;
    const nearest = delegations.nearest(prefix, home.prefix);
    if (nearest instanceof Promise) return nearest.then((found) => this.#delegated(question, absent, found));
    return this.#delegated(question, absent, nearest);
  }

  #delegated(question: Question, absent: NotFound, { delegation, changeSlots }: Nearest): Answer | Promise<Answer> {
    const validity: Validity = { ...absent.validity, changeSlots: [...absent.validity.changeSlots, ...changeSlots] };
    if (delegation === null) return { ...absent, validity };
    const wanted = question.delegated ?? this.#options.usual;
    if (wanted === 'absent') return { ...absent, validity };
    if (wanted === 'refer' || delegation.site === null) return referralOf(question, delegation, validity);
    return this.#options.abroad.ask(question, delegation.site, validity.changeSlots);
  }
}

function notRecursing(): HandleError {
  return new HandleError(
    'NOT_RESPONSIBLE',
    'That prefix lives elsewhere, and this question may not be handed on: ask without recursive=false, or ask its own node.',
  );
}

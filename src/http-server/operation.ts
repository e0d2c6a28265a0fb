// What is said of one operation of the HTTP door: the form of the describe-… files, which stand beside the routes they
// describe and are loaded only when somebody asks for the description. Nothing here answers a request.

import type { ErrorCode } from '../domain/error.ts';

/** A JSON Schema; TypeBox makes them. */
export type Schema = object;

/** An object schema whose members are parameters of the query. */
export interface QuerySchema {
  readonly properties: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[] | undefined;
}

export interface Content {
  readonly schema?: Schema;
  readonly example?: unknown;
  readonly examples?: Readonly<Record<string, { readonly value: unknown }>>;
}

/** Media type → what it holds. */
export type Contents = Readonly<Record<string, Content>>;

export interface Answer {
  readonly description: string;
  readonly content?: Contents;
  /** Names of headers described in openapi.ts. */
  readonly headers?: readonly string[];
}

export const TAGS = {
  Resolution: 'What is registered under an identifier, for everybody.',
  Identifiers: 'Registering, changing and revoking identifiers.',
  Lots: 'Ranges of serials, each registered as one thing.',
  Templates: 'What kinds of products are described by.',
  Imports: 'Files of any size, registered row by row while everything else goes on.',
  Enterprises: 'Who holds which prefix.',
  'Principals and keys': 'Who may act, and with which key.',
  'Handle protocol': 'Sessions and messages as Handle servers have them.',
  Records: 'What has happened.',
  Node: 'How the node is doing, and what it offers.',
} as const;

export interface Operation {
  readonly method: 'get' | 'head' | 'post' | 'put' | 'patch' | 'delete' | 'options';
  /** A template: `/v1/identifiers/{handle}`. */
  readonly path: string;
  readonly id: string;
  readonly tag: keyof typeof TAGS;
  readonly summary: string;
  readonly description?: string;
  /** `open`: no key; `optional`: a key widens what is seen; `key`: nothing without one. */
  readonly access: 'open' | 'optional' | 'key';
  /** Examples by name of the path's parameters. */
  readonly pathExamples?: Readonly<Record<string, string>>;
  readonly query?: QuerySchema;
  /** Examples of what the query must have. */
  readonly queryExamples?: Readonly<Record<string, string>>;
  /** Names of request headers described in openapi.ts. */
  readonly headers?: readonly string[];
  readonly body?: { readonly required: boolean; readonly content: Contents };
  /** By status. */
  readonly answers: Readonly<Record<string, Answer>>;
  /** Codes of the problem documents it can answer with, besides those that every operation can. */
  readonly problems: readonly ErrorCode[];
  /** How its failures look: problem documents, or the Handle API's JSON. */
  readonly failures?: 'problem' | 'handle-api';
}

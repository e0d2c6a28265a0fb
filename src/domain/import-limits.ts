// Limits of imports, each with its reason: what a file may have, what is held in memory, what may be on its way. Pure.

import { MAX_INHERITANCE_DEPTH } from './limits.ts';

/** Lines that one quoted CSV row may run over; beyond it a quote was left open. */
export const MAX_CSV_ROW_LINES = 100;

/** Columns and values a CSV mapping may name: far above any product sheet. */
export const MAX_MAPPING_PARTS = 256;

/** Rows and bytes of one call of an import: some tens of milliseconds of the committing thread, within any body limit. */
export const MAX_IMPORT_BATCH_ROWS = 1000;
export const MAX_IMPORT_BATCH_BYTES = 4_194_304;

/** Rows of one call of a job: their bytes stay below 128 KiB, from where on V8 collects a text with all that is old. */
export const MAX_JOB_CALL_ROWS = 500;

/** Handles a dry run remembers as created: models and batches come first in a file, and these take some 20 MB. */
export const MAX_FORESEEN_HANDLES = 200_000;

/** Attempts of one call of an import while the node is overloaded: with the waits between them about two minutes. */
export const MAX_IMPORT_ATTEMPTS = 10;

/** Rows and bytes of one sorted run of an import: some 100 MB of memory while it is gathered. */
export const MAX_RUN_ROWS = 250_000;
export const MAX_RUN_BYTES = 50_331_648;

/** Files below this are checked by one thread: another one takes longer to start. */
export const MIN_SHARED_CHECK_BYTES = 33_554_432;

/** Bytes of the pieces that two threads check in turn: some thousand rows; a row may be longer. */
export const CHECKED_PIECE_BYTES = 1_048_576;

/** Pieces on their way to the other thread, so that it never waits for the next. */
export const MAX_PIECES_AHEAD = 2;

/** Types of values that an import numbers: more than any template has; others stand in their rows. */
export const MAX_ROW_TYPES = 256;

/** Runs merged at once: a buffer and an open file each. When there are as many, they become one. */
export const MAX_MERGED_RUNS = 256;

/** Calls of one import on their way to the committing thread: two transactions full, so that it never waits for the next. */
export const MAX_IMPORT_CALLS_AHEAD = 16;

/** The same while others are kept waiting: few enough to be done in a moment, and some for each sync. */
export const MAX_CALLS_AHEAD_STANDING_BACK = 4;

/** Rounds through rows whose parent was missing: a chain is no deeper, so a parent has come by then or never will. */
export const MAX_PARENT_ROUNDS = MAX_INHERITANCE_DEPTH;

/** Parents an import remembers as named in its file, for its rehearsal: models and batches, some 20 MB. */
export const MAX_NAMED_PARENTS = 200_000;

/** Imports that wait or run at once, over all principals. */
export const MAX_OPEN_IMPORTS = 100;

/** Times a job may bring its thread down before it counts as failed. */
export const MAX_IMPORT_CRASHES = 3;

/** Saved column mappings of one enterprise: a few for each product line. */
export const MAX_IMPORT_PROFILES = 200;

/** Bytes of one saved mapping: 256 columns with long headings; it goes into a backup in one piece. */
export const MAX_PROFILE_BYTES = 262_144;

/** Characters of the name of a file or profile, as a person reads it. */
export const MAX_FILE_NAME_LENGTH = 200;

/** Parts of a workbook's zip file: sheets, pictures and what belongs to them. */
export const MAX_WORKBOOK_PARTS = 10_000;

/** How many times its size a large part of a workbook may unpack to: sheets do 10 to 50 times, zip bombs 1,000. */
export const MAX_WORKBOOK_RATIO = 250;

/** Texts that a workbook's cells share, and the characters of all: they are held while a sheet is read, some 100 MB. */
export const MAX_SHARED_TEXTS = 1_000_000;
export const MAX_SHARED_CHARACTERS = 33_554_432;

/** Sheets, number formats and cell formats of a workbook. */
export const MAX_WORKBOOK_STYLES = 70_000;

/** Merged ranges of a sheet that are told apart: a sheet with more is a form, no table. */
export const MAX_MERGED_RANGES = 10_000;

/** Columns of a sheet: what a workbook can have. */
export const MAX_SHEET_COLUMNS = 16_384;

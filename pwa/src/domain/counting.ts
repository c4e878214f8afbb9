/** How trees are counted (株数): row by row, in one go, or by a sample of rows. The totals always follow from the rows. */

import { muOf } from './area';
import type { Counting, Spacing, TreeCounts } from './wire';

export type CountingMethod = Counting['method'];
export type TreeState = keyof TreeCounts;

/** One state of the count; the totals stand beside the rows they come from. */
export interface Tally {
  counts: TreeCounts;
  counting: Counting;
}

export const NO_TREES: TreeCounts = { live: 0, dead: 0, missing: 0 };
const MOST = 99_999;
const MOST_ROWS = 2_000;

export function plantedCount(counts: TreeCounts): number {
  return counts.live + counts.dead + counts.missing;
}

function bounded(value: number): number {
  return Math.min(MOST, Math.max(0, Math.round(value)));
}

/** The count of a capture; one of before rows were known was counted in one go. */
export function tallyOf(capture: { counts: TreeCounts; counting?: Counting | undefined }): Tally {
  const { live, dead, missing } = capture.counts;
  const counts = { live, dead, missing };
  if (capture.counting) return { counts, counting: capture.counting };
  return plantedCount(counts) > 0
    ? { counts, counting: { method: 'taps' } }
    : { counts, counting: { method: 'rows', rows: [NO_TREES] } };
}

export function rowsOf(tally: Tally): readonly TreeCounts[] {
  return tally.counting.rows ?? [];
}

function sumOf(rows: readonly TreeCounts[]): TreeCounts {
  return rows.reduce((sum, row) => ({
    live: sum.live + row.live, dead: sum.dead + row.dead, missing: sum.missing + row.missing,
  }), NO_TREES);
}

/** What was counted with one's own eyes: of a sample only its rows. */
export function countedIn(tally: Tally): TreeCounts {
  return tally.counting.method === 'sample' ? sumOf(rowsOf(tally)) : tally.counts;
}

/** Totals of rows; a sample stands for all rows of the plot (抽样推算). */
function totals(counting: Counting): TreeCounts {
  const rows = counting.rows ?? [];
  const sum = sumOf(rows);
  if (counting.method !== 'sample' || rows.length === 0) return sum;
  const factor = (counting.row_count ?? rows.length) / rows.length;
  return { live: bounded(sum.live * factor), dead: bounded(sum.dead * factor), missing: bounded(sum.missing * factor) };
}

function withRows(tally: Tally, rows: TreeCounts[]): Tally {
  const { method, row_count } = tally.counting;
  const counting: Counting = method === 'sample'
    ? { method, rows, row_count: Math.max(row_count ?? 0, rows.length) }
    : { method, rows };
  return { counting, counts: totals(counting) };
}

/** What the keys count: a row, or without rows the whole plot. */
export function countsAt(tally: Tally, row: number): TreeCounts {
  return tally.counting.method === 'taps' ? tally.counts : rowsOf(tally)[row] ?? NO_TREES;
}

export function setCount(tally: Tally, row: number, state: TreeState, value: number): Tally {
  const changed = { ...countsAt(tally, row), [state]: bounded(value) };
  if (tally.counting.method === 'taps') return { ...tally, counts: changed };
  return withRows(tally, rowsOf(tally).map((old, i) => (i === row ? changed : old)));
}

export function addCount(tally: Tally, row: number, state: TreeState, n: number): Tally {
  return setCount(tally, row, state, countsAt(tally, row)[state] + n);
}

/** A new row at the end with as many living trees as the last: rows of an orchard are much alike. */
export function nextRow(tally: Tally): Tally {
  const rows = rowsOf(tally);
  if (rows.length >= MOST_ROWS) return tally;
  return withRows(tally, [...rows, { ...NO_TREES, live: rows.at(-1)?.live ?? 0 }]);
}

/** Take a row out; the last one is emptied instead. */
export function removeRow(tally: Tally, row: number): Tally {
  const rows = rowsOf(tally).filter((_, i) => i !== row);
  return withRows(tally, rows.length > 0 ? rows : [NO_TREES]);
}

/** Count in another way; what was counted stays as far as that way can hold it. */
export function countBy(tally: Tally, method: CountingMethod): Tally {
  if (method === tally.counting.method) return tally;
  if (method === 'taps') return { counts: sumOf(rowsOf(tally)), counting: { method } };
  const rows = tally.counting.method === 'taps' ? [tally.counts] : [...rowsOf(tally)];
  return withRows({ ...tally, counting: { method } }, rows);
}

/** How many rows the plot has in all, never fewer than were counted. */
export function setRowCount(tally: Tally, row_count: number): Tally {
  const rows = [...rowsOf(tally)];
  return withRows({ ...tally, counting: { ...tally.counting, row_count: Math.min(MOST_ROWS, Math.round(row_count)) } }, rows);
}

/** Trees per mu that stand at these distances: 666.67 ÷ (in-row × between rows). */
export function perMuOf({ in_row_m, between_rows_m }: Spacing): number {
  return 1 / muOf(in_row_m * between_rows_m);
}

/** Distances as typed; null while one of them is none, or none the server takes. */
export function spacingTyped(in_row_m: number | null, between_rows_m: number | null): Spacing | null {
  const fits = (value: number | null): value is number => value !== null && value > 0 && value <= 100;
  return fits(in_row_m) && fits(between_rows_m) ? { in_row_m, between_rows_m } : null;
}

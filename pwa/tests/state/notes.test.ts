import 'fake-indexeddb/auto';
import { expect, test, vi } from 'vitest';
import { putNote } from '../../src/db/notes';
import { openAccount } from '../../src/db/schema';
import { sha256Hex } from '../../src/domain/bytes';
import type { Attempt, Ledger } from '../../src/domain/wire';
import { newNote, type FoundPlot, type Note } from '../../src/outbox/note';
import { Notes, withFound } from '../../src/state/notes';

const found: FoundPlot = {
  household: { id: 'h', code: '', head_name: '覃新', group_name: '上寨屯', village_code: 'v', person_count: 3 },
  plot: { id: 'p', household_id: 'h', number: 1, land_type: 'paddy', declared_mu: 2, boundary: null, centre: [109.4, 25.2] },
  task: { id: 't', plot_id: 'p', state: 'open', due_on: null, return_reason: null },
};
const note = newNote({ kind: 'plot', found }, 'p', 'p', new ArrayBuffer(0), '2026-04-18T02:00:00Z');
const empty = { households: [], plots: [], tasks: [] } as unknown as Ledger;

test('a plot found in the field can be worked on before any server knows of it', () => {
  const ledger = withFound(empty, '', [note]);

  expect([ledger.households, ledger.plots, ledger.tasks]).toEqual([[found.household], [found.plot], [found.task]]);
});

test('once the ledger names it, the ledger counts', () => {
  const theirs = { ...empty, plots: [{ ...found.plot, number: '7' }] };

  expect(withFound(theirs, '', [note]).plots.map((plot) => plot.number)).toEqual(['7']);
});

test('a plot the township has taken out again is not held on to', () => {
  const held = { ...note, state: 'held' as const, held_at: '2026-04-18T02:00:05Z' };

  expect(withFound(empty, '2026-04-18T02:00:04Z', [held]).plots).toHaveLength(1);
  expect(withFound(empty, '2026-04-19T00:00:00Z', [held]).plots).toHaveLength(0);
});

test('a visit to a plot found in the field waits until the server has the plot, whatever went wrong before', async () => {
  const notes = new Notes(openAccount(crypto.randomUUID(), () => undefined), () => undefined);
  const ledger = { ...empty, programme: { code: 'x' } } as unknown as Ledger;
  const { plot, task } = await notes.addPlot({ household: found.household, land_type: 'paddy', declared_mu: 2, note: '' }, ledger, null);
  await notes.addAttempt({ plot_id: plot.id, task_id: task.id, kind: 'absent', attempted_at: new Date().toISOString() } as Attempt);
  const sent: string[] = [];
  const answer = (status: number) => async (note: Note) => {
    sent.push(note.kind);
    return { status, etag: null, body: status === 201 ? { id: note.id, content_sha256: await sha256Hex(note.body) } : { code: 'internal_error' } };
  };

  await notes.send(answer(503), true);
  await notes.send(answer(201), true);

  expect(sent).toEqual(['plot', 'plot', 'attempt']);
  expect(notes.unsent).toEqual([]);
});

test('a note sent by a clock that was ahead is sent again when the clock is set back, not a month later', async () => {
  const db = openAccount(crypto.randomUUID());
  await putNote(db, { ...note, next_try_at: new Date(Date.now() + 30 * 24 * 60 * 60_000).toISOString() });
  const notes = new Notes(db, () => undefined);
  await notes.load();
  const put = vi.fn(() => Promise.resolve({ status: 503, etag: null, body: null }));

  await notes.send(put, false);

  expect(put).toHaveBeenCalledOnce();
});

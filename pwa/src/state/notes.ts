/** Visits without an inspection and plots found in the field: kept at once, sent before the submissions they belong to. */

import type { Api } from '../api';
import { allNotes, putNote } from '../db/notes';
import type { AccountDb } from '../db/schema';
import { canonicalBytes } from '../domain/manifest';
import { villageCentre } from '../domain/tasks';
import type { AddedPlot, Attempt, Household, LandType, Ledger, PhotoPosition, Position } from '../domain/wire';
import { newNote, sendNote, type FoundPlot, type Note } from '../outbox/note';
import { isDue } from '../outbox/sender';

export interface PlotForm {
  household: Household | Omit<Household, 'id' | 'code'>;
  land_type: LandType;
  declared_mu: number;
  note: string;
}

/** The ledger with plots found in the field, as long as the server's own does not name them. */
export function withFound(ledger: Ledger, fetched_at: string, notes: readonly Note[]): Ledger {
  const known = new Set(ledger.plots.map((plot) => plot.id));
  const found = notes.flatMap((note) => {
    const told = note.kind === 'plot' && !known.has(note.plot_id) && !(note.held_at !== null && note.held_at < fetched_at);
    return told ? [note.found] : [];
  });
  if (found.length === 0) return ledger;
  const homes = new Map(ledger.households.map((household) => [household.id, household]));
  for (const { household } of found) if (!homes.has(household.id)) homes.set(household.id, household);
  return {
    ...ledger,
    households: [...homes.values()],
    plots: [...ledger.plots, ...found.map(({ plot }) => plot)],
    tasks: [...ledger.tasks, ...found.map(({ task }) => task)],
  };
}

export class Notes {
  all: Note[] = [];
  #merged: { from: Ledger; notes: Note[]; ledger: Ledger } | null = null;

  constructor(
    private readonly db: AccountDb,
    private readonly changed: () => void,
  ) {}

  async load(): Promise<void> {
    this.all = await allNotes(this.db);
  }

  get unsent(): Note[] {
    return this.all.filter((note) => note.state !== 'held');
  }

  /** Plots of which the server does not know yet: their submissions wait. */
  get plotsUnderWay(): Set<string> {
    return new Set(this.all.filter(({ kind, state }) => kind === 'plot' && state === 'queued').map(({ plot_id }) => plot_id));
  }

  ledger(copy: { ledger: Ledger; fetched_at: string } | null): Ledger | null {
    if (!copy) return null;
    if (this.#merged?.from !== copy.ledger || this.#merged.notes !== this.all) {
      this.#merged = { from: copy.ledger, notes: this.all, ledger: withFound(copy.ledger, copy.fetched_at, this.all) };
    }
    return this.#merged.ledger;
  }

  async #keep(note: Note): Promise<void> {
    await putNote(this.db, note);
    this.#show(note);
  }

  #show(note: Note): void {
    // In its old place: a plot that waited for an answer is still sent before the visits to it.
    const known = this.all.some(({ id }) => id === note.id);
    this.all = known ? this.all.map((each) => (each.id === note.id ? note : each)) : [...this.all, note];
    this.changed();
  }

  async #noteSent(note: Note): Promise<void> {
    // A full phone must still be able to send. The frozen bytes are on disk; only what became of them is not.
    await putNote(this.db, note).catch(() => undefined);
    this.#show(note);
  }

  async addAttempt(attempt: Attempt): Promise<void> {
    const id = crypto.randomUUID();
    await this.#keep(newNote({ kind: 'attempt', attempt }, id, attempt.plot_id, canonicalBytes(attempt), attempt.attempted_at));
  }

  /** Keep a plot no list has; it can be inspected at once. */
  async addPlot(form: PlotForm, ledger: Ledger, here: PhotoPosition | null): Promise<FoundPlot> {
    const id = crypto.randomUUID();
    const noted_at = new Date().toISOString();
    const household: Household = 'id' in form.household
      ? form.household : { ...form.household, id: crypto.randomUUID(), code: '' };
    const centre: Position | null = here && [here.lon, here.lat];
    const others = ledger.plots.filter((plot) => plot.household_id === household.id);
    const found: FoundPlot = {
      household,
      plot: {
        id, household_id: household.id, land_type: form.land_type, declared_mu: form.declared_mu, boundary: null,
        number: Math.max(0, ...others.map((plot) => Number(plot.number) || 0)) + 1,
        centre: centre ?? villageCentre(ledger, household.village_code),
      },
      task: { id: crypto.randomUUID(), plot_id: id, state: 'open', due_on: null, return_reason: null },
    };
    const { id: household_id, head_name, group_name, village_code, person_count } = household;
    const added: AddedPlot = {
      household: { id: household_id, head_name, group_name, village_code, person_count },
      task_id: found.task.id,
      programme_code: ledger.programme.code,
      land_type: form.land_type,
      declared_mu: form.declared_mu,
      centre,
      note: form.note,
      noted_at,
    };
    await this.#keep(newNote({ kind: 'plot', found }, id, id, canonicalBytes(added), noted_at));
    return found;
  }

  /** A person wants a refused one tried again. */
  async retry(id: string): Promise<void> {
    const note = this.all.find((each) => each.id === id);
    if (note && note.state !== 'held') await this.#keep({ ...note, state: 'queued', next_try_at: new Date(0).toISOString() });
  }

  /** Send what is due; false when nobody answers or a sign-in is needed. */
  async send(put: (note: Note) => ReturnType<Api['putNote']>, eager: boolean): Promise<'done' | 'sign_in' | 'no_answer'> {
    for (const note of this.all) {
      // A visit to a plot the server does not know yet would be refused.
      if (note.kind === 'attempt' && this.plotsUnderWay.has(note.plot_id)) continue;
      if (note.state !== 'queued' || !(eager || isDue(note, new Date()))) continue;
      const outcome = await sendNote(note, { put, save: (sent) => this.#noteSent(sent), now: () => new Date(), random: () => Math.random() });
      if (outcome === 'sign_in' || outcome === 'no_answer') return outcome;
    }
    return 'done';
  }
}

/** The stamp over a picture, as the server shows it beside the same picture later. */

import { regionsOf } from '../../domain/regions';
import type { Household, Ledger, ManifestPhoto, Plot, Shot } from '../../domain/wire';
import { either } from '../../text';
import { stampOf, type StampFacts } from '../../text/stamp';

export interface StampSubject {
  ledger: Ledger | null;
  household: Household;
  plot: Plot;
  /** The shot list of the plot. */
  shots: readonly Shot[];
}

export function stampFacts(subject: StampSubject, shot: Shot, photo: StampFacts['photo'] | ManifestPhoto): StampFacts {
  const { ledger, household, plot, shots } = subject;
  return {
    photo,
    places: [...regionsOf(ledger, household.village_code), household.group_name],
    head_name: household.head_name,
    plot_number: plot.number,
    slot: shots.findIndex(({ kind }) => kind === shot.kind) + 1 || null,
    shot: either(shot.title_zh, shot.title_en),
    crop: ledger ? either(ledger.programme.policy.crop_zh, ledger.programme.policy.crop_en) : '',
    household_code: household.code,
  };
}

export function StampView({ facts }: { facts: StampFacts }) {
  const { time, lines } = stampOf(facts);
  return (
    <div class="stamp" data-testid="stamp">
      <p><b>{time}</b> {lines[0]}</p>
      {lines.slice(1).map((line) => <p key={line}>{line}</p>)}
    </div>
  );
}

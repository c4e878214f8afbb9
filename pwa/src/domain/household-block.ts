/** What the household's other plots add to the contiguous block (自然连片) of the one that is inspected. */

import { areaM2, muOf } from './area';
import type { JoinStatement, Plot } from './wire';

export interface Beside {
  /** Of plots stated to share a ridge, as the server has outlined them. */
  joined_mu: number;
  /** With all that may yet turn out to be joined: nothing said, or no outline to count. */
  possible_mu: number;
}

export const NOTHING_BESIDE: Beside = { joined_mu: 0, possible_mu: 0 };

function outlinedMu({ boundary }: Plot): number | null {
  const [exterior, ...holes] = boundary?.coordinates ?? [];
  if (!exterior) return null;
  return muOf(holes.reduce((area_m2, hole) => area_m2 - areaM2(hole), areaM2(exterior)));
}

/** `others`: the household's, without the plot itself. Whether they touch unsaid, the server alone can tell. */
export function blockBeside(others: readonly Plot[], said: readonly JoinStatement[]): Beside {
  return others.reduce((sum, other) => {
    const joined = said.find(({ plot_id }) => plot_id === other.id)?.joined;
    if (joined === false) return sum;
    const outlined_mu = outlinedMu(other);
    return {
      joined_mu: sum.joined_mu + (joined ? outlined_mu ?? 0 : 0),
      possible_mu: sum.possible_mu + (outlined_mu ?? other.declared_mu),
    };
  }, NOTHING_BESIDE);
}

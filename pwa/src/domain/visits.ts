/** What earlier visits to a plot mean for the next one. */

import type { Visit } from './wire';

/** Whose inspection of the plot stands; null where none does: a returned or refused one asks for another. */
export function inspectedBy(visits: readonly Visit[], plot_id: string): string | null {
  const last = visits.filter((visit) => visit.plot_id === plot_id && visit.state !== 'absent' && visit.state !== 'withdrawn')
    .sort((a, b) => (a.at < b.at ? 1 : -1))[0];
  return last && last.state !== 'returned' && last.state !== 'refused' ? last.by : null;
}

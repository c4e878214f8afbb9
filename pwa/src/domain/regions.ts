/** Names of the regions a village lies in: county (6 digits of its code), township (9), village (12). */

import type { Ledger } from './wire';

export function regionsOf(ledger: Pick<Ledger, 'regions'> | null, village_code: string): string[] {
  return [6, 9, 12].flatMap((digits) => {
    const name = ledger?.regions.find(({ code }) => code === village_code.slice(0, digits))?.name;
    return name ? [name] : [];
  });
}

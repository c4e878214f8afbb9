/** The pre-trip check (出发前检查): what each measured fact means for a day without a network. */

/** ready: as it should be; look: work can begin, but a person should know; stop: this must be mended first. */
export type Readiness = 'ready' | 'look' | 'stop';

/** A ledger older than this may lack what the township assigned meanwhile. */
const LEDGER_FRESH_MS = 24 * 60 * 60_000;
const BATTERY_LOW = 0.4;

export function ledgerReadiness(ledger: { households: number; age_ms: number } | null): Readiness {
  if (!ledger || ledger.households === 0) return 'stop';
  return ledger.age_ms >= 0 && ledger.age_ms < LEDGER_FRESH_MS ? 'ready' : 'look';
}

export function spaceReadiness(free_bytes: number | null, least_bytes: number): Readiness {
  if (free_bytes === null) return 'look';
  if (free_bytes < least_bytes) return 'stop';
  // A day brings a few dozen plots of some megabytes each.
  return free_bytes < 3 * least_bytes ? 'look' : 'ready';
}

export function locationReadiness(accuracy_m: number | null, denied: boolean, start_accuracy_m: number): Readiness {
  if (denied) return 'stop';
  return accuracy_m !== null && accuracy_m <= start_accuracy_m ? 'ready' : 'look';
}

export function clockReadiness(offset_ms: number | null, fine_ms: number): Readiness {
  return offset_ms !== null && Math.abs(offset_ms) <= fine_ms ? 'ready' : 'look';
}

export function batteryReadiness(level: number, charging: boolean): Readiness {
  return charging || level >= BATTERY_LOW ? 'ready' : 'look';
}

/** Why sending an item ends before its receipt. */

import type { FailureKind } from './item';

/** It cannot go on now; `detail` holds the server's own words where there are any. */
export class Stop extends Error {
  override name = 'Stop';

  constructor(
    readonly kind: FailureKind,
    readonly detail = '',
  ) {
    super(kind);
  }
}

/** paused: the inspector stopped sending; wifi: photos wait for Wi-Fi; left: another account is signed in now. */
export type Hindrance = 'paused' | 'wifi' | 'left';

/** It may not go on now, and nothing is wrong with it. */
export class Halt extends Error {
  override name = 'Halt';

  constructor(readonly why: Hindrance) {
    super(why);
  }
}

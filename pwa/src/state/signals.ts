/** What the inspector feels and hears without looking: the same patterns everywhere. */

import { tone, wakeSound } from '../device/sound';
import { buzz } from '../device/wake-lock';

export interface Signals {
  vertex(): void;
  corner(): void;
  closed(): void;
  lost(): void;
  /** To be called in a tap. */
  tree(): void;
}

export function signals(soundWanted: () => boolean): Signals {
  const sound = (...given: Parameters<typeof tone>) => { if (soundWanted()) tone(...given); };
  return {
    vertex() {
      buzz(30);
      sound(1320, 60);
    },
    corner() {
      buzz(80);
      sound(1760, 120);
    },
    closed() {
      buzz([80, 60, 80]);
      sound(1047, 140);
      sound(1568, 220, 160);
    },
    lost() {
      buzz(300);
      sound(220, 400);
    },
    tree() {
      if (buzz(15)) return;
      // What cannot be felt is heard.
      if (soundWanted()) wakeSound();
      sound(880, 30);
    },
  };
}

/** A picture of an earlier visit, as soon as the phone has it. */

import type { ComponentChildren } from 'preact';
import { useCallback } from 'preact/hooks';
import { useObserved } from '../../state/observable';
import { useAccount } from './context';
import { PictureOf } from './picture-of';

export function PictureBefore({ sha256, class: name, alt, otherwise = null }: {
  /** Its hash; null where there was no such picture. */
  sha256: string | null;
  class: string;
  alt: string;
  /** Shown while and where there is no such picture. */
  otherwise?: ComponentChildren;
}) {
  const { previews } = useAccount();
  useObserved(previews);
  const arrived = sha256 !== null && previews.arrived.has(sha256);
  const bytes = useCallback(
    () => (sha256 === null ? Promise.resolve(null) : previews.bytes(sha256)),
    // Read once more when it arrives while somebody looks.
    [previews, sha256, arrived],
  );
  return <PictureOf of={bytes} class={name} alt={alt} otherwise={otherwise} />;
}

/** Dialogs over the whole screen. */

import { useLayoutEffect, useRef } from 'preact/hooks';

/**
 * The ref of a <dialog> that is on the screen while it is open.
 *
 * Opened before the next frame, not after it: until then a second tap would go through to what lies below.
 */
export function useModal(open = true) {
  const dialog = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => {
    if (open) dialog.current?.showModal();
  }, [open]);
  return dialog;
}

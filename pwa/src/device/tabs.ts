/** One page at a time for one capture, over all tabs of the browser (Web Locks). */

const CAPTURE = 'yanshou-capture-';

/**
 * Take a capture for this page, or wait until the page that has it is closed; `onTaken` is called once it is ours.
 * `onBusy` is called at once when another page has it. The returned function gives it back.
 */
export function takeCapture(capture_id: string, onTaken: () => void, onBusy: () => void): () => void {
  const locks = navigator.locks as LockManager | undefined;
  if (!locks) {
    onTaken();
    return () => undefined;
  }
  const leaving = new AbortController();
  let giveBack: () => void = () => undefined;
  const kept = new Promise<void>((resolve) => { giveBack = resolve; });
  const name = CAPTURE + capture_id;
  const hold = () => {
    if (leaving.signal.aborted) return undefined;
    onTaken();
    return kept;
  };
  void locks.request(name, { ifAvailable: true }, (lock) => {
    if (lock) return hold();
    if (!leaving.signal.aborted) {
      onBusy();
      locks.request(name, { signal: leaving.signal }, hold).catch(() => undefined);
    }
    return undefined;
  });
  return () => {
    leaving.abort();
    giveBack();
  };
}

/** Whether some page of this browser has a capture open. */
export async function captureOpenSomewhere(): Promise<boolean> {
  const locks = navigator.locks as LockManager | undefined;
  if (!locks) return false;
  const { held } = await locks.query();
  return held?.some(({ name }) => name?.startsWith(CAPTURE)) ?? false;
}

/** Which kind of network the phone is on, where the browser tells (the Network Information API). */

type Kind = 'wifi' | 'mobile' | 'none' | 'unknown';

interface NetworkInformation extends EventTarget {
  type?: string;
}

function information(): NetworkInformation | undefined {
  return (navigator as Navigator & { connection?: NetworkInformation }).connection;
}

/** Whether the browser tells Wi-Fi from mobile data at all. */
export function networkKindKnown(): boolean {
  return typeof information()?.type === 'string';
}

export function networkKind(): Kind {
  switch (information()?.type) {
    case 'wifi': case 'ethernet': return 'wifi';
    case 'cellular': case 'bluetooth': case 'wimax': return 'mobile';
    case 'none': return 'none';
    default: return 'unknown';
  }
}

export function onNetworkChange(listener: () => void): void {
  information()?.addEventListener('change', listener);
}

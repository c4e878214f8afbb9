/** Where the phone is, and how well it knows. */

export interface Located {
  lon: number;
  lat: number;
  accuracy_m: number;
  /** The device's clock at the fix. */
  fixed_at: string;
  /** Milliseconds on the page's monotonic clock when the fix arrived. */
  arrived_ms: number;
}

export type Trouble = 'denied' | 'unavailable' | 'slow' | 'unsupported';

export interface Locator {
  /** Fixes until the returned function is called. Trouble other than 'denied' may pass; watching goes on. */
  watch(onFix: (fix: Located) => void, onTrouble: (trouble: Trouble) => void): () => void;
  /** One fix, at most `max_age_ms` old, or null when none comes in `wait_ms`. */
  once(max_age_ms: number, wait_ms: number): Promise<Located | null>;
  /** Whether asking now would open no question to the user. */
  alreadyAllowed(): Promise<boolean>;
  /** Called whenever the permission is given after it was not. */
  onAllowed(listener: () => void): void;
}

function located({ coords, timestamp }: GeolocationPosition): Located {
  return {
    lon: coords.longitude,
    lat: coords.latitude,
    accuracy_m: coords.accuracy,
    fixed_at: new Date(timestamp).toISOString(),
    arrived_ms: performance.now(),
  };
}

function troubleOf(error: GeolocationPositionError): Trouble {
  if (error.code === error.PERMISSION_DENIED) return 'denied';
  return error.code === error.TIMEOUT ? 'slow' : 'unavailable';
}

export const browserLocator: Locator = {
  watch(onFix, onTrouble) {
    if (!('geolocation' in navigator)) {
      onTrouble('unsupported');
      return () => undefined;
    }
    let last_timestamp = 0;
    const id = navigator.geolocation.watchPosition(
      (position) => {
        // Some browsers hand out the same fix again when a watch wakes up.
        if (position.timestamp === last_timestamp) return;
        last_timestamp = position.timestamp;
        onFix(located(position));
      },
      (error) => { onTrouble(troubleOf(error)); },
      { enableHighAccuracy: true, maximumAge: 0, timeout: 15_000 },
    );
    return () => { navigator.geolocation.clearWatch(id); };
  },

  once(max_age_ms, wait_ms) {
    return new Promise((resolve) => {
      if (!('geolocation' in navigator)) {
        resolve(null);
        return;
      }
      // The option alone is not enough: it does not run while a permission question stands open.
      const timer = setTimeout(() => { resolve(null); }, wait_ms);
      navigator.geolocation.getCurrentPosition(
        (position) => { clearTimeout(timer); resolve(located(position)); },
        () => { clearTimeout(timer); resolve(null); },
        { enableHighAccuracy: true, maximumAge: max_age_ms, timeout: wait_ms },
      );
    });
  },

  async alreadyAllowed() {
    try {
      return (await navigator.permissions.query({ name: 'geolocation' })).state === 'granted';
    } catch {
      return false;
    }
  },
  onAllowed(listener) {
    const permissions = navigator.permissions as Permissions | undefined;
    permissions?.query({ name: 'geolocation' }).then(
      (status) => { status.addEventListener('change', () => { if (status.state === 'granted') listener(); }); },
      () => undefined,
    );
  },
};

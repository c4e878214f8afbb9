import { useEffect, useState } from 'preact/hooks';
import { battery } from '../../device/battery';

const LOOK_MS = 60_000;

/** How full the battery is, in percent; null where the browser does not tell. */
export function useBatteryPercent(): number | null {
  const [percent, setPercent] = useState<number | null>(null);
  useEffect(() => {
    const look = () => void battery().then((now) => { setPercent(now && Math.round(now.level * 100)); });
    look();
    const again = setInterval(look, LOOK_MS);
    return () => { clearInterval(again); };
  }, []);
  return percent;
}

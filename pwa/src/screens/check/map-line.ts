/** The line about the base map (底图): kept for the day's plots when the inspector asks for it. */

import { useEffect, useRef, useState } from 'preact/hooks';
import { forgetMap, keptMap, type KeptMap } from '../../device/kept-map';
import { t } from '../../text';
import { byteSize } from '../../text/format';
import { useAccount, useApp } from '../shared/context';
import type { Line } from '.';

interface Now {
  base: { note: string; max_zoom: number } | null;
  kept: KeptMap | null;
  /** Whether the map itself opens without a network; it is another after an update of the app. */
  opens: boolean;
}

/** The line; null where there is no map, or nothing is known of it yet. */
export function useMapLine(): Line | null {
  const { api } = useApp();
  const account = useAccount();
  const { user_id, ledger } = account;
  const [now, setNow] = useState<Now | null>(null);
  const [done, setDone] = useState<readonly [number, number] | null>(null);
  const stopped = useRef(false);

  async function look() {
    const kept = await keptMap(user_id);
    const opens = kept !== null && await import('../shared/map').then((map) => map.keepProgram(), () => false);
    setNow({ base: (await api.baseMap()).body?.base_map ?? null, kept, opens });
  }
  useEffect(() => {
    void look();
    return () => { stopped.current = true; };
  }, []);

  async function keep(base: { note: string; max_zoom: number }) {
    stopped.current = false;
    setDone([0, 0]);
    const centres = (ledger?.plots ?? []).map(({ centre }) => centre);
    try {
      const { keepMap } = await import('../shared/map');
      await keepMap(user_id, {
        centres, base,
        tile: (z, x, y) => api.tile(z, x, y),
        stopped: () => stopped.current,
        told: (...progress) => { setDone(progress); },
      });
    } catch {
      // What came is kept, and the line says how much is missing.
    }
    setDone(null);
    await look();
  }

  if (done) {
    return {
      id: 'map', state: 'look', what: t('正在存底图 {n}/{m}', { n: done[0], m: done[1] }),
      fix: { label: t('停止'), run: () => { stopped.current = true; } },
    };
  }
  const { base, kept, opens } = now ?? { base: null, kept: null, opens: false };
  if (!base && !kept) return null;
  const again = base ? { fix: { label: kept ? t('再存一次') : t('存底图'), run: () => void keep(base) } } : {};
  if (!kept) return { id: 'map', state: 'look', what: t('底图没有存到手机'), advice: t('没有网络时只有草图'), ...again };
  return {
    id: 'map', state: opens && kept.tiles === kept.wanted ? 'ready' : 'look',
    what: t('底图已存 {n}', { n: byteSize(kept.bytes) }),
    advice: opens ? t('没有存全：{n}/{m} 块', { n: kept.tiles, m: kept.wanted }) : t('应用更新过，请联网再存一次'),
    ...again,
    more: { label: t('删除'), run: () => void forgetMap(user_id).then(look) },
  };
}

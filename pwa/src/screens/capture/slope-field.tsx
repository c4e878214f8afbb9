/** How steep the plot is: typed, or read from the phone that lies on the slope (坡度). */

import { useEffect, useRef, useState } from 'preact/hooks';
import { phoneInclinometer } from '../../device/inclinometer';
import { buzz } from '../../device/wake-lock';
import { figureTyped } from '../../domain/standards';
import type { CaptureWork } from '../../state/capture-work';
import { t } from '../../text';
import { besideLimits } from '../../text/format';
import { Tag } from '../shared/tag';

/** No event within this time: the phone has no such sensor, whatever the browser promises. */
const SILENT_MS = 2_500;
/** Weight of a new reading against those before: a hand trembles. */
const SMOOTHING = 0.15;

export function SlopeField({ work, limit_deg }: { work: CaptureWork; limit_deg: number }) {
  const { slope_deg } = work.capture;
  const [typed, type] = useState<string | null>(null);
  const [measuring, measure] = useState(false);
  const [tilt_deg, setTilt] = useState<number | null>(null);
  const [trouble, setTrouble] = useState<string | null>(null);
  const smooth = useRef<number | null>(null);

  useEffect(() => {
    if (!measuring) return undefined;
    smooth.current = null;
    setTilt(null);
    const silent = setTimeout(() => {
      if (smooth.current !== null) return;
      measure(false);
      setTrouble(t('这部手机测不了坡度，请用坡度仪测后填写'));
    }, SILENT_MS);
    const stop = phoneInclinometer.watch((now_deg) => {
      const before = smooth.current ?? now_deg;
      smooth.current = before + SMOOTHING * (now_deg - before);
      setTilt(Math.round(smooth.current));
    });
    return () => { clearTimeout(silent); stop(); };
  }, [measuring]);

  async function begin() {
    setTrouble(null);
    if (await phoneInclinometer.allow()) measure(true);
    else setTrouble(t('没有得到允许，请直接填写坡度'));
  }

  function put(value: number | null) {
    void work.change((old) => ({ ...old, slope_deg: value !== null && value <= 90 ? value : null }));
  }

  return (
    <section class="card slope" aria-label={t('坡度')}>
      <h2>{t('坡度')}</h2>
      <p class="muted">{t('大于 {n} 度的坡地要查梯地；没有填写时也要查。', { n: limit_deg })}</p>
      <label class="measure">
        <span>{t('实测')}</span>
        <input
          type="text" inputMode="decimal" autocomplete="off" maxLength={5} data-testid="slope"
          value={typed ?? (slope_deg == null ? '' : String(slope_deg))} aria-label={t('坡度，度')}
          onInput={(event) => { type(event.currentTarget.value); put(figureTyped(event.currentTarget.value)); }}
          onBlur={() => { type(null); }}
        />
        <span>{t('度')}</span>
        {slope_deg != null && (
          <Tag kind={slope_deg > limit_deg ? 'doubt' : 'plain'}>{slope_deg > limit_deg ? t('要查梯地') : t('不查梯地')}</Tag>
        )}
      </label>
      {trouble && <p class="form-error" role="alert">{trouble}</p>}
      {measuring ? (
        <div class="inclinometer">
          <p>{t('把手机平放在坡面的木板或锄头柄上')}</p>
          <p class="inclinometer-figure" role="status" data-testid="tilt">{tilt_deg === null ? '…' : `${besideLimits(tilt_deg, -1, limit_deg, 0)}°`}</p>
          <div class="buttons">
            <button type="button" class="button button-quiet" onClick={() => { measure(false); }}>{t('取消')}</button>
            <button
              type="button" class="button" data-testid="take-tilt" aria-disabled={tilt_deg === null}
              onClick={() => { if (tilt_deg === null) return; buzz(30); type(null); put(tilt_deg); measure(false); }}
            >
              {t('记下')}
            </button>
          </div>
        </div>
      ) : (
        phoneInclinometer.available() && (
          <button type="button" class="button button-quiet" data-testid="measure-slope" onClick={() => void begin()}>{t('用手机量坡度')}</button>
        )
      )}
    </section>
  );
}

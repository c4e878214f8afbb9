/** Figures and times as the inspector reads them. Rounded half up, and never so that a rule seems to flip. */

import { t } from './index';

const NONE = '—';

function halfUp(value: number, decimals: number): string {
  const scale = 10 ** decimals;
  return (Math.floor(Math.abs(value) * scale + 0.5 + 1e-9) / scale * (value < 0 ? -1 : 1)).toFixed(decimals);
}

function grouped(text: string): string {
  const [whole = '', fraction] = text.split('.');
  return whole.replace(/\B(?=(\d{3})+$)/g, ',') + (fraction === undefined ? '' : `.${fraction}`);
}

/** 2.96, without its unit. */
export function mu(value: number | null): string {
  return value === null ? NONE : grouped(halfUp(value, 2));
}

export function whole(value: number): string {
  return grouped(halfUp(value, 0));
}

export function squareMetres(area_m2: number): string {
  return `${whole(area_m2)} m²`;
}

/** 850 m, 1.2 km. */
export function distance(value_m: number): string {
  return value_m < 1000 ? t('{n} 米', { n: whole(value_m) }) : t('{n} 公里', { n: halfUp(value_m / 1000, 1) });
}

/** `least` decimals, or as many as it takes to stay on its own side of both limits. */
export function besideLimits(value: number, min: number, max: number, least = 1): string {
  for (let decimals = least; decimals < 4; decimals += 1) {
    const text = halfUp(value, decimals);
    const shown = Number(text);
    if (shown < min === value < min && shown > max === value > max) return text;
  }
  return String(value);
}

export function percent(ratio: number, min = 0): string {
  return `${besideLimits(ratio * 100, min * 100, 100)}%`;
}

/** A limit as the plan states it: 90 %, not 90.0 %. */
export function limitPercent(ratio: number): string {
  return `${Number((ratio * 100).toFixed(4))}%`;
}

/** ¥2,960 or ¥2,960.50. */
export function yuan(amount_fen: number): string {
  return `¥${grouped(halfUp(amount_fen / 100, amount_fen % 100 === 0 ? 0 : 2))}`;
}

/** 2,960.50, always with its fen. */
export function money(amount_fen: number): string {
  return grouped(halfUp(amount_fen / 100, 2));
}

/** A rate as a factor of a sum: 1,000, or 1,000.50. */
export function factor(amount_fen: number): string {
  return yuan(amount_fen).slice(1);
}

const pad = (n: number) => String(n).padStart(2, '0');

/** 2026-04-18 14:32, in the phone's own zone. */
export function dateTime(iso: string): string {
  const at = new Date(iso);
  return `${at.getFullYear()}-${pad(at.getMonth() + 1)}-${pad(at.getDate())} ${pad(at.getHours())}:${pad(at.getMinutes())}`;
}

/** 4 月 18 日 星期六. */
export function dayName(at: Date): string {
  const day = [t('星期日'), t('星期一'), t('星期二'), t('星期三'), t('星期四'), t('星期五'), t('星期六')][at.getDay()] ?? '';
  return t('{m} 月 {d} 日 {day}', { m: at.getMonth() + 1, d: at.getDate(), day });
}

export function clockTime(iso: string): string {
  return dateTime(iso).slice(11);
}

/** 14:32 today, else with its date. */
export function shortTime(iso: string, now = new Date()): string {
  const text = dateTime(iso);
  return text.startsWith(dateTime(now.toISOString()).slice(0, 10)) ? text.slice(11) : text.slice(5);
}

/** 0:42, 12:05. */
export function duration(ms: number): string {
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)}:${pad(seconds % 60)}`;
}

export function byteSize(bytes: number): string {
  if (bytes > 0 && bytes < 100_000) return `${whole(bytes / 1000)} KB`;
  return bytes < 1e9 ? `${halfUp(bytes / 1e6, 1)} MB` : `${halfUp(bytes / 1e9, 1)} GB`;
}

/** An arrow for a bearing in degrees. */
export function arrow(bearing_deg: number): string {
  return ['↑', '↗', '→', '↘', '↓', '↙', '←', '↖'][Math.round(bearing_deg / 45) % 8] ?? '';
}

/** 差 0.4 秒 / 3 分钟. */
export function offset(offset_ms: number): string {
  const seconds = Math.abs(offset_ms) / 1000;
  if (seconds < 60) return t('{n} 秒', { n: halfUp(seconds, 1) });
  const minutes = seconds / 60;
  if (minutes < 120) return t('{n} 分钟', { n: whole(minutes) });
  return minutes < 48 * 60 ? t('{n} 小时', { n: whole(minutes / 60) }) : t('{n} 天', { n: whole(minutes / 60 / 24) });
}

/** 约 3 分钟: how long something will still take, never more exact than it is known. */
export function about(seconds: number): string {
  if (seconds < 60) return t('不到 1 分钟');
  const minutes = Math.ceil(seconds / 60);
  return minutes < 120 ? t('约 {n} 分钟', { n: whole(minutes) }) : t('约 {n} 小时', { n: whole(minutes / 60) });
}


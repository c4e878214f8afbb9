/**
 * The stamp (水印) of a photo, in the reader's language: made from the record, never painted into the picture.
 *
 * The server writes the same words under the same picture: server/stamps.py, both held to tests/payloads/stamps.json.
 */

import { eighthOf } from '../domain/orientation';
import type { ManifestPhoto } from '../domain/wire';
import { t } from './index';

export interface StampFacts {
  photo: Pick<ManifestPhoto, 'taken_at' | 'clock_offset_ms' | 'source'> & {
    position: { lon: number; lat: number; accuracy_m: number } | null;
    heading_deg?: number | null;
  };
  /** County, township, village, group: those that are known. */
  places: readonly string[];
  head_name: string;
  plot_number: string | number;
  /** Place in the shot list, from 1; null for what is in no list. */
  slot: number | null;
  shot: string;
  crop: string;
  household_code: string;
}

export interface Stamp {
  time: string;
  lines: string[];
}

/** China has had one zone without summer time since 1991; the phone's own may be set to anything. */
const CHINA_MS = 8 * 3_600_000;

function weekday(day: number): string {
  return [t('星期日'), t('星期一'), t('星期二'), t('星期三'), t('星期四'), t('星期五'), t('星期六')][day] ?? '';
}

export function direction(heading_deg: number): string {
  return [t('北'), t('东北'), t('东'), t('东南'), t('南'), t('西南'), t('西'), t('西北')][eighthOf(heading_deg)] ?? '';
}

function degrees(value: number, signs: readonly [string, string]): string {
  return `${Math.abs(value).toFixed(5)}${signs[value < 0 ? 1 : 0]}`;
}

function whereLine({ position, heading_deg, source }: StampFacts['photo']): string {
  if (source === 'gallery') return t('非现场拍摄');
  const where = position
    ? [
      degrees(position.lat, ['N', 'S']), degrees(position.lon, ['E', 'W']),
      t('±{n} 米', { n: Math.round(position.accuracy_m) }),
    ].join(' ')
    : t('无定位');
  return heading_deg == null ? where : [where, t('朝向 {d}', { d: direction(heading_deg) })].join(' · ');
}

export function stampOf(facts: StampFacts): Stamp {
  const { photo } = facts;
  const at = new Date(Date.parse(photo.taken_at) + CHINA_MS);
  const iso = at.toISOString();
  const day = `${iso.slice(0, 10)} ${weekday(at.getUTCDay())}`;
  const slot = facts.slot !== null && facts.slot <= 20 ? String.fromCodePoint(0x245f + facts.slot) : '';
  return {
    time: iso.slice(11, 16),
    lines: [
      photo.clock_offset_ms === null ? [day, t('时间未校准')].join(' · ') : day,
      facts.places.join(''),
      [t('户主 {name} · {n}号地块', { name: facts.head_name, n: facts.plot_number }), slot + facts.shot].join(' · '),
      whereLine(photo),
      [t('{s}验收', { s: facts.crop }), t('编号 {s}', { s: `${facts.household_code}-${facts.plot_number}` })].join(' '),
    ],
  };
}

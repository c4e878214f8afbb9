/** Fine-tuning a closed ring (微调): which of its points can be chosen, and what moving one of them moves. */

import { distanceM, localPlane, movedBy } from './area';
import { positionOf, type Fix } from './walk';
import type { Position } from './wire';

/** A chosen point stands for those of a walk that lie nearer than this to the straight line between chosen points. */
const STRAIGHT_M = 2;

function offLineM(p: Position, a: Position, b: Position): number {
  const plane = localPlane(a);
  const [end, point] = [plane(b), plane(p)];
  const length = Math.hypot(end.east_m, end.north_m);
  if (length === 0) return Math.hypot(point.east_m, point.north_m);
  return Math.abs(end.east_m * point.north_m - end.north_m * point.east_m) / length;
}

/** Indexes of the corners of a ring: all of it that was placed one by one, of a walk what Douglas and Peucker keep. */
export function handlesOf(fixes: readonly Fix[], walked: boolean): number[] {
  if (!walked || fixes.length < 4) return fixes.map((_, i) => i);
  const line = fixes.map(positionOf);
  const first = line[0];
  if (!first) return [];
  // A ring has no ends: it is opened at its start and at the point farthest from there.
  let far = 0;
  line.forEach((p, i) => { if (distanceM(first, p) > distanceM(first, line[far] ?? first)) far = i; });
  const kept = new Set([0, far]);
  const spans: [number, number][] = [[0, far], [far, line.length]];
  for (let span = spans.pop(); span; span = spans.pop()) {
    const [from, to] = span;
    const [a, b] = [line[from], line[to % line.length]];
    if (!a || !b) continue;
    let most = STRAIGHT_M;
    let split = -1;
    for (let i = from + 1; i < to; i += 1) {
      const p = line[i];
      const off_m = p ? offLineM(p, a, b) : 0;
      if (off_m > most) [most, split] = [off_m, i];
    }
    if (split < 0) continue;
    kept.add(split);
    spans.push([from, split], [split, to]);
  }
  return [...kept].sort((a, b) => a - b);
}

/**
 * The fixes with one handle moved. Those between it and the handles beside it follow, by their share of the way: the
 * sides stay as they were walked. What was moved is no fix any more, and says so.
 */
export function moveHandle<T extends Fix>(fixes: readonly T[], handles: readonly number[], chosen: number, east_m: number, north_m: number): T[] {
  const place = handles.indexOf(chosen);
  if (place < 0) return [...fixes];
  const count = fixes.length;
  const before = handles.at(place - 1) ?? chosen;
  const after = handles[(place + 1) % handles.length] ?? chosen;
  const back = (chosen - before + count) % count || count;
  const on = (after - chosen + count) % count || count;
  return fixes.map((fix, i) => {
    const behind = (chosen - i + count) % count;
    const ahead = (i - chosen + count) % count;
    const share = Math.max(0, 1 - behind / back, 1 - ahead / on);
    if (share <= 0) return fix;
    const [lon, lat] = movedBy(positionOf(fix), share * east_m, share * north_m);
    return { ...fix, lon, lat, source: 'tap' as const };
  });
}

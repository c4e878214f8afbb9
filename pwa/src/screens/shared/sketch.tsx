/** The plot drawn from its coordinates: north up, with a scale bar; no map, no network. */

import { useEffect, useRef } from 'preact/hooks';
import { localPlane } from '../../domain/area';
import type { Plot, Position } from '../../domain/wire';

export interface Sketched {
  /** Last known outline of this plot. */
  outline: readonly Position[] | null;
  centre: Position;
  neighbours: readonly { ring: readonly Position[]; label: string }[];
  track: readonly { position: Position; counts: boolean; after_gap: boolean }[];
  closed: boolean;
  here: { position: Position; accuracy_m: number } | null;
}

const COLOUR = {
  ground: '#f3f5f2', hatch: '#c3cbc3', neighbour: '#7c857c', text: '#4d4d4d', outline: '#595959',
  track: '#00602b', fill: 'rgba(0, 96, 43, 0.16)', ignored: '#9e0b0f', here: '#0a3d8f', halo: 'rgba(10, 61, 143, 0.14)',
  start: '#ffd400', ink: '#111111',
} as const;
const FONT = '600 14px system-ui, "PingFang SC", "Noto Sans SC", sans-serif';
const SCALES_M = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000];

/** Room for the north arrow, and for the scale bar under the plot. */
const TOP_PX = 28;
const BOTTOM_PX = 52;

type Point = readonly [x: number, y: number];

/** Neighbours whose outline comes near this plot. */
export function neighboursOf(plot: Plot, plots: readonly Plot[], nameOf: (plot: Plot) => string, within_m = 120) {
  const plane = localPlane(plot.centre);
  return plots.flatMap((other) => {
    const ring = other.boundary?.coordinates[0];
    if (!ring || other.id === plot.id) return [];
    const near = ring.some((position) => {
      const { east_m, north_m } = plane(position);
      return Math.hypot(east_m, north_m) < within_m;
    });
    return near ? [{ ring, label: nameOf(other) }] : [];
  });
}

function path(ctx: CanvasRenderingContext2D, points: readonly Point[], close: boolean): void {
  ctx.beginPath();
  points.forEach(([x, y], i) => { if (i === 0) ctx.moveTo(x, y); else ctx.lineTo(x, y); });
  if (close) ctx.closePath();
}

function hatch(ctx: CanvasRenderingContext2D, width: number, height: number): void {
  ctx.save();
  ctx.clip();
  ctx.strokeStyle = COLOUR.hatch;
  ctx.lineWidth = 1;
  ctx.beginPath();
  for (let x = -height; x < width; x += 10) {
    ctx.moveTo(x, height);
    ctx.lineTo(x + height, 0);
  }
  ctx.stroke();
  ctx.restore();
}

function label(ctx: CanvasRenderingContext2D, text: string, [x, y]: Point, colour: string): void {
  ctx.font = FONT;
  ctx.textAlign = 'center';
  ctx.textBaseline = 'middle';
  ctx.lineWidth = 4;
  ctx.lineJoin = 'round';
  ctx.strokeStyle = COLOUR.ground;
  ctx.strokeText(text, x, y);
  ctx.fillStyle = colour;
  ctx.fillText(text, x, y);
}

function scaleBar(ctx: CanvasRenderingContext2D, perMetre: number, height: number, width: number): void {
  const length_m = SCALES_M.findLast((m) => m * perMetre <= width * 0.3) ?? 1;
  const length = length_m * perMetre;
  const y = height - 14;
  ctx.strokeStyle = COLOUR.ink;
  ctx.lineWidth = 2;
  path(ctx, [[14, y - 5], [14, y], [14 + length, y], [14 + length, y - 5]], false);
  ctx.stroke();
  label(ctx, length_m >= 1000 ? `${length_m / 1000} km` : `${length_m} m`, [14 + length / 2, y - 12], COLOUR.ink);
}

function north(ctx: CanvasRenderingContext2D, width: number): void {
  const x = width - 22;
  path(ctx, [[x, 12], [x - 8, 34], [x, 28], [x + 8, 34]], true);
  ctx.fillStyle = COLOUR.ink;
  ctx.fill();
  label(ctx, 'N', [x, 46], COLOUR.ink);
}

export function drawSketch(ctx: CanvasRenderingContext2D, width: number, height: number, what: Sketched): void {
  const plane = localPlane(what.centre);
  const framed = [
    ...(what.outline ?? []),
    ...what.track.map(({ position }) => position),
    ...(what.here && what.track.length > 0 ? [what.here.position] : []),
  ].map(plane);
  // Someone far away must not shrink the plot to a dot.
  if (what.here && what.track.length === 0) {
    const me = plane(what.here.position);
    if (Math.hypot(me.east_m, me.north_m) < 250) framed.push(me);
  }
  if (framed.length === 0) framed.push({ east_m: 0, north_m: 0 });
  const east = framed.map(({ east_m }) => east_m);
  const northing = framed.map(({ north_m }) => north_m);
  const middle_e = (Math.min(...east) + Math.max(...east)) / 2;
  const middle_n = (Math.min(...northing) + Math.max(...northing)) / 2;
  const span_e = Math.max(30, Math.max(...east) - Math.min(...east));
  const span_n = Math.max(30, Math.max(...northing) - Math.min(...northing));
  const perMetre = Math.min((width - 56) / span_e, (height - TOP_PX - BOTTOM_PX) / span_n);
  const at = (position: Position): Point => {
    const { east_m, north_m } = plane(position);
    return [width / 2 + (east_m - middle_e) * perMetre, (height + TOP_PX - BOTTOM_PX) / 2 - (north_m - middle_n) * perMetre];
  };

  ctx.fillStyle = COLOUR.ground;
  ctx.fillRect(0, 0, width, height);

  for (const { ring } of what.neighbours) {
    path(ctx, ring.map(at), true);
    hatch(ctx, width, height);
    ctx.strokeStyle = COLOUR.neighbour;
    ctx.lineWidth = 1.5;
    ctx.setLineDash([]);
    path(ctx, ring.map(at), true);
    ctx.stroke();
  }
  if (what.outline) {
    const ring = what.outline.map(at);
    path(ctx, ring, true);
    ctx.fillStyle = what.track.length === 0 ? COLOUR.fill : 'rgba(255, 255, 255, 0.7)';
    ctx.fill();
    ctx.strokeStyle = what.track.length === 0 ? COLOUR.track : COLOUR.outline;
    ctx.lineWidth = what.track.length === 0 ? 3 : 2;
    ctx.setLineDash(what.track.length === 0 ? [] : [8, 6]);
    ctx.stroke();
    ctx.setLineDash([]);
  }
  ctx.font = FONT;
  for (const { ring, label: text } of what.neighbours) {
    const points = ring.map(at);
    // Inside the part that can be seen.
    const x = points.reduce((sum, [px]) => sum + Math.min(width, Math.max(0, px)), 0) / points.length;
    const y = points.reduce((sum, [, py]) => sum + Math.min(height, Math.max(0, py)), 0) / points.length;
    const half = ctx.measureText(text).width / 2 + 2;
    const free = x > half && x < width - half && y > 10 && y < height - 34 && !(x > width - 44 - half && y < 60);
    if (free) label(ctx, text, [x, y], COLOUR.text);
  }

  drawTrack(ctx, what, at);

  if (what.here) {
    const [x, y] = at(what.here.position);
    const radius = what.here.accuracy_m * perMetre;
    ctx.beginPath();
    ctx.arc(x, y, Math.max(radius, 9), 0, 2 * Math.PI);
    ctx.fillStyle = COLOUR.halo;
    ctx.fill();
    ctx.strokeStyle = COLOUR.here;
    ctx.lineWidth = 1.5;
    ctx.stroke();
    ctx.beginPath();
    ctx.arc(x, y, 6, 0, 2 * Math.PI);
    ctx.fillStyle = COLOUR.here;
    ctx.fill();
    ctx.strokeStyle = '#ffffff';
    ctx.lineWidth = 2;
    ctx.stroke();
  }
  scaleBar(ctx, perMetre, height, width);
  north(ctx, width);
}

function drawTrack(ctx: CanvasRenderingContext2D, what: Sketched, at: (position: Position) => Point): void {
  const counted = what.track.filter(({ counts }) => counts);
  const points = counted.map(({ position }) => at(position));
  const first = points[0];
  if (!first) return;
  if (what.closed) {
    path(ctx, points, true);
    ctx.fillStyle = COLOUR.fill;
    ctx.fill();
  }
  ctx.strokeStyle = COLOUR.track;
  ctx.lineWidth = 4;
  ctx.lineJoin = 'round';
  points.forEach((point, i) => {
    const before = points[i - 1];
    if (!before) return;
    ctx.setLineDash(counted[i]?.after_gap ? [3, 7] : []);
    path(ctx, [before, point], false);
    ctx.stroke();
  });
  const last = points.at(-1);
  if (what.closed && last) {
    ctx.setLineDash([]);
    path(ctx, [last, first], false);
    ctx.stroke();
  }
  ctx.setLineDash([]);
  for (const { position, counts } of what.track) {
    if (counts) continue;
    const [x, y] = at(position);
    ctx.strokeStyle = COLOUR.ignored;
    ctx.lineWidth = 2;
    path(ctx, [[x - 4, y - 4], [x + 4, y + 4]], false);
    ctx.stroke();
    path(ctx, [[x - 4, y + 4], [x + 4, y - 4]], false);
    ctx.stroke();
  }
  // The flag at the start.
  const [x, y] = first;
  path(ctx, [[x, y], [x, y - 24], [x + 16, y - 18], [x, y - 12]], false);
  ctx.fillStyle = COLOUR.start;
  ctx.fill();
  ctx.strokeStyle = COLOUR.ink;
  ctx.lineWidth = 2;
  ctx.stroke();
}

export function Sketch({ what, said }: { what: Sketched; said: string }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const latest = useRef(what);
  latest.current = what;

  const draw = useRef(() => {
    const element = canvas.current;
    const ctx = element?.getContext('2d');
    if (!element || !ctx) return;
    const { clientWidth, clientHeight } = element;
    if (clientWidth === 0 || clientHeight === 0) return;
    const ratio = Math.min(3, devicePixelRatio);
    const width = Math.round(clientWidth * ratio);
    const height = Math.round(clientHeight * ratio);
    if (element.width !== width || element.height !== height) {
      element.width = width;
      element.height = height;
    }
    ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
    drawSketch(ctx, clientWidth, clientHeight, latest.current);
  });

  useEffect(() => { draw.current(); });
  useEffect(() => {
    const watcher = new ResizeObserver(() => { draw.current(); });
    if (canvas.current) watcher.observe(canvas.current);
    return () => { watcher.disconnect(); };
  }, []);
  return <div class="sketch"><canvas ref={canvas} role="img" aria-label={said} /></div>;
}

/** The plot drawn from its coordinates: north up, with a scale bar; no map, no network. */

import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import { localPlane } from '../../domain/area';
import type { AccuracyGrade } from '../../domain/walk';
import type { Plot, Position, VertexSource } from '../../domain/wire';
import { COLOUR, drawCrossing, drawHandle, drawHere, drawVertices, FONT, hatch, label, north, path, scaleBar, type Point } from './sketch-marks';

export interface Neighbour {
  plot: Plot;
  ring: readonly Position[];
  label: string;
}

export interface Tracked {
  position: Position;
  counts: boolean;
  /** Said beside the dashed line that leads here: nothing was recorded on the way. */
  gap?: string | undefined;
  /** Drawn as a vertex, by where it came from. */
  vertex?: VertexSource | undefined;
}

export interface Sketched {
  /** Last known outline of this plot. */
  outline: readonly Position[] | null;
  centre: Position;
  neighbours: readonly { ring: readonly Position[]; label: string; overlaps?: boolean }[];
  track: readonly Tracked[];
  /** What must be in the picture besides. */
  framed?: readonly Position[];
  closed: boolean;
  here: { position: Position; accuracy_m: number; grade?: AccuracyGrade } | null;
  /** The closing side was not walked. */
  forced?: boolean;
  /** Closed rings beside the track: the exterior while a hole is captured, and holes. */
  rings?: readonly { ring: readonly Position[]; hole: boolean }[];
  crossings?: readonly Position[];
  /** Points that can be chosen, and the one that is. */
  handles?: readonly Position[];
  chosen?: Position | null;
}

/** Room for the north arrow, and for the scale bar under the plot. */
const TOP_PX = 28;
const BOTTOM_PX = 48;

type Box = readonly [left: number, top: number, right: number, bottom: number];

function apart(a: Box, b: Box): boolean {
  return a[2] <= b[0] || b[2] <= a[0] || a[3] <= b[1] || b[3] <= a[1];
}

/** Neighbours whose outline comes near this plot. */
export function neighboursOf(plot: Plot, plots: readonly Plot[], nameOf: (plot: Plot) => string, within_m = 120): Neighbour[] {
  const plane = localPlane(plot.centre);
  return plots.flatMap((other) => {
    const ring = other.boundary?.coordinates[0];
    if (!ring || other.id === plot.id) return [];
    const near = ring.some((position) => {
      const { east_m, north_m } = plane(position);
      return Math.hypot(east_m, north_m) < within_m;
    });
    return near ? [{ plot: other, ring, label: nameOf(other) }] : [];
  });
}

export function drawSketch(ctx: CanvasRenderingContext2D, width: number, height: number, what: Sketched): void {
  const plane = localPlane(what.centre);
  const framed = [
    ...(what.outline ?? []),
    ...(what.framed ?? []),
    // A fix thrown far off must not shrink the plot.
    ...what.track.filter(({ counts }) => counts).map(({ position }) => position),
    ...(what.rings ?? []).flatMap(({ ring }) => ring),
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

  for (const { ring, overlaps = false } of what.neighbours) {
    path(ctx, ring.map(at), true);
    hatch(ctx, width, height, overlaps ? COLOUR.ignored : COLOUR.hatch);
    ctx.strokeStyle = overlaps ? COLOUR.ignored : COLOUR.neighbour;
    ctx.lineWidth = overlaps ? 3 : 1.5;
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
  for (const { ring, hole } of what.rings ?? []) {
    path(ctx, ring.map(at), true);
    ctx.fillStyle = hole ? COLOUR.ground : COLOUR.fill;
    ctx.fill();
    if (hole) hatch(ctx, width, height, COLOUR.here);
    path(ctx, ring.map(at), true);
    ctx.strokeStyle = hole ? COLOUR.here : COLOUR.track;
    ctx.lineWidth = 3;
    ctx.stroke();
  }
  ctx.font = FONT;
  // What is known of the plot keeps clear of the arrow, and names of what would make them unreadable.
  const start = what.track.find(({ counts }) => counts);
  const standing = [...(what.outline ?? []), ...(start ? [start.position] : [])].map(at);
  const right = standing.every(([x, y]) => x < width - 48 || y > 64);
  const taken: Box[] = [[right ? width - 44 : 0, 0, right ? width : 44, 60], [0, height - BOTTOM_PX, width * 0.4, height]];
  if (what.here) {
    const [x, y] = at(what.here.position);
    taken.push([x - 12, y - 12, x + 12, y + 12]);
  }
  for (const { ring, label: text } of what.neighbours) {
    const points = ring.map(at);
    // Inside the part that can be seen.
    const x = points.reduce((sum, [px]) => sum + Math.min(width, Math.max(0, px)), 0) / points.length;
    const y = points.reduce((sum, [, py]) => sum + Math.min(height, Math.max(0, py)), 0) / points.length;
    const half = ctx.measureText(text).width / 2 + 2;
    const box: Box = [x - half, y - 10, x + half, y + 10];
    const free = x > half && x < width - half && y > 10 && y < height - 34 && taken.every((each) => apart(each, box));
    if (!free) continue;
    taken.push(box);
    label(ctx, text, [x, y], COLOUR.text);
  }

  drawTrack(ctx, what, at);
  for (const position of what.handles ?? []) drawHandle(ctx, at(position), false);
  if (what.chosen) drawHandle(ctx, at(what.chosen), true);
  for (const position of what.crossings ?? []) drawCrossing(ctx, at(position));

  if (what.here) drawHere(ctx, at(what.here.position), what.here.accuracy_m * perMetre, what.here.grade ?? 'good');
  scaleBar(ctx, perMetre, height, width);
  north(ctx, right ? width - 22 : 22);
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
    ctx.setLineDash(counted[i]?.gap === undefined ? [] : [3, 7]);
    path(ctx, [before, point], false);
    ctx.stroke();
  });
  const last = points.at(-1);
  if (what.closed && last) {
    ctx.setLineDash(what.forced ? [3, 7] : []);
    path(ctx, [last, first], false);
    ctx.stroke();
  }
  ctx.setLineDash([]);
  drawVertices(ctx, counted.flatMap(({ vertex }, i) => (vertex && points[i] ? [{ at: points[i], source: vertex }] : [])));
  points.forEach(([x, y], i) => {
    const before = points[i - 1];
    const text = counted[i]?.gap;
    if (before && text) label(ctx, text, [(x + before[0]) / 2, (y + before[1]) / 2], COLOUR.text);
  });
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

  // Before it is seen: else a screen that has just opened shows an empty sheet.
  useLayoutEffect(() => { draw.current(); });
  useEffect(() => {
    const watcher = new ResizeObserver(() => { draw.current(); });
    if (canvas.current) watcher.observe(canvas.current);
    return () => { watcher.disconnect(); };
  }, []);
  return <div class="sketch"><canvas ref={canvas} role="img" aria-label={said} /></div>;
}

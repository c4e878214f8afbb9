/** The signs of the sketch, each told by its shape as well as its colour. */

import type { AccuracyGrade } from '../../domain/walk';
import type { VertexSource } from '../../domain/wire';

export const COLOUR = {
  ground: '#f3f5f2', hatch: '#c3cbc3', neighbour: '#7c857c', text: '#4d4d4d', outline: '#595959',
  track: '#00602b', fill: 'rgba(0, 96, 43, 0.16)', ignored: '#9e0b0f', here: '#0a3d8f', halo: 'rgba(10, 61, 143, 0.14)',
  start: '#ffd400', ink: '#111111', paper: '#ffffff',
} as const;
export const FONT = '600 16px system-ui, "PingFang SC", "Noto Sans SC", sans-serif';
const SCALES_M = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000];
/** Vertices of a walk closer than this on the screen would be one thick line. */
const DOTS_APART_PX = 13;

export type Point = readonly [x: number, y: number];

export function path(ctx: CanvasRenderingContext2D, points: readonly Point[], close: boolean): void {
  ctx.beginPath();
  points.forEach(([x, y], i) => { if (i === 0) ctx.moveTo(x, y); else ctx.lineTo(x, y); });
  if (close) ctx.closePath();
}

/** Fill the current path with slanting lines. */
export function hatch(ctx: CanvasRenderingContext2D, width: number, height: number, colour: string): void {
  ctx.save();
  ctx.clip();
  ctx.strokeStyle = colour;
  ctx.lineWidth = 1;
  ctx.beginPath();
  for (let x = -height; x < width; x += 10) {
    ctx.moveTo(x, height);
    ctx.lineTo(x + height, 0);
  }
  ctx.stroke();
  ctx.restore();
}

export function label(ctx: CanvasRenderingContext2D, text: string, [x, y]: Point, colour: string): void {
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

export function scaleBar(ctx: CanvasRenderingContext2D, perMetre: number, height: number, width: number): void {
  const length_m = SCALES_M.filter((m) => m * perMetre <= width * 0.3).at(-1) ?? 1;
  const length = length_m * perMetre;
  const y = height - 14;
  ctx.strokeStyle = COLOUR.ink;
  ctx.lineWidth = 2;
  path(ctx, [[14, y - 5], [14, y], [14 + length, y], [14 + length, y - 5]], false);
  ctx.stroke();
  label(ctx, length_m >= 1000 ? `${length_m / 1000} km` : `${length_m} m`, [14 + length / 2, y - 12], COLOUR.ink);
}

export function north(ctx: CanvasRenderingContext2D, x: number): void {
  path(ctx, [[x, 12], [x - 8, 34], [x, 28], [x + 8, 34]], true);
  ctx.fillStyle = COLOUR.ink;
  ctx.fill();
  label(ctx, 'N', [x, 46], COLOUR.ink);
}

const RING: Record<AccuracyGrade, { colour: string; dash: number[] }> = {
  good: { colour: COLOUR.here, dash: [] },
  fair: { colour: COLOUR.ink, dash: [10, 5] },
  poor: { colour: COLOUR.ignored, dash: [2, 6] },
};

/** Where the inspector stands, in the circle the receiver is sure of: whole, dashed or dotted. */
export function drawHere(ctx: CanvasRenderingContext2D, [x, y]: Point, radius: number, grade: AccuracyGrade): void {
  const { colour, dash } = RING[grade];
  ctx.beginPath();
  ctx.arc(x, y, Math.max(radius, 9), 0, 2 * Math.PI);
  ctx.fillStyle = COLOUR.halo;
  ctx.fill();
  ctx.strokeStyle = colour;
  ctx.lineWidth = 2;
  ctx.setLineDash(dash);
  ctx.stroke();
  ctx.setLineDash([]);
  disc(ctx, [x, y], 6, COLOUR.here, COLOUR.paper);
}

function disc(ctx: CanvasRenderingContext2D, [x, y]: Point, radius: number, fill: string, edge: string): void {
  ctx.beginPath();
  ctx.arc(x, y, radius, 0, 2 * Math.PI);
  ctx.fillStyle = fill;
  ctx.fill();
  ctx.strokeStyle = edge;
  ctx.lineWidth = 2;
  ctx.stroke();
}

/** Walked ones are dots, averaged and measured ones squares, moved ones hollow. */
export function drawVertices(ctx: CanvasRenderingContext2D, vertices: readonly { at: Point; source: VertexSource }[]): void {
  let last: Point | null = null;
  for (const { at, source } of vertices) {
    const [x, y] = at;
    if (source === 'fix') {
      if (last && Math.hypot(x - last[0], y - last[1]) < DOTS_APART_PX) continue;
      last = at;
      disc(ctx, at, 4, COLOUR.track, COLOUR.paper);
    } else if (source === 'tap') {
      if (last && Math.hypot(x - last[0], y - last[1]) < DOTS_APART_PX) continue;
      last = at;
      disc(ctx, at, 4, COLOUR.paper, COLOUR.track);
    } else {
      ctx.fillStyle = COLOUR.track;
      ctx.fillRect(x - 6, y - 6, 12, 12);
      ctx.strokeStyle = COLOUR.paper;
      ctx.lineWidth = 2;
      ctx.strokeRect(x - 6, y - 6, 12, 12);
    }
  }
}

export function drawHandle(ctx: CanvasRenderingContext2D, at: Point, chosen: boolean): void {
  if (!chosen) {
    disc(ctx, at, 5, COLOUR.paper, COLOUR.ink);
    return;
  }
  disc(ctx, at, 12, COLOUR.start, COLOUR.ink);
  disc(ctx, at, 4, COLOUR.ink, COLOUR.ink);
}

/** A crossing: a ring with a cross, larger than any vertex. */
export function drawCrossing(ctx: CanvasRenderingContext2D, [x, y]: Point): void {
  ctx.beginPath();
  ctx.arc(x, y, 15, 0, 2 * Math.PI);
  ctx.strokeStyle = COLOUR.paper;
  ctx.lineWidth = 8;
  ctx.stroke();
  ctx.strokeStyle = COLOUR.ignored;
  ctx.lineWidth = 4;
  ctx.stroke();
  for (const way of [-1, 1]) {
    path(ctx, [[x - 6, y - 6 * way], [x + 6, y + 6 * way]], false);
    ctx.stroke();
  }
}

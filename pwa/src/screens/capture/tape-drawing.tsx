/** Which corner is which: the plot as its lengths draw it, or a regular one while some are missing. */

import type { Tape } from '../../domain/tape';
import { t } from '../../text';

const SIZE = 200;
const EDGE = 26;

interface Corner {
  east_m: number;
  north_m: number;
}

function regular({ corners, plot_on }: Tape): Corner[] {
  const hand = plot_on === 'right' ? 1 : -1;
  return Array.from({ length: corners }, (_, k) => {
    const angle = hand * ((2 * Math.PI * k) / corners) - Math.PI / 4;
    return { east_m: Math.sin(angle), north_m: Math.cos(angle) };
  });
}

export function TapeDrawing({ tape, corners }: { tape: Tape; corners: readonly Corner[] | null }) {
  const drawn = corners ?? regular(tape);
  const [east, north] = [drawn.map((corner) => corner.east_m), drawn.map((corner) => corner.north_m)];
  const [west, south] = [Math.min(...east), Math.min(...north)];
  const [width, height] = [Math.max(...east) - west, Math.max(...north) - south];
  const scale = (SIZE - 2 * EDGE) / Math.max(width, height, 1e-9);
  const points = drawn.map((corner) => ({
    x: (SIZE - width * scale) / 2 + (corner.east_m - west) * scale,
    y: (SIZE + height * scale) / 2 - (corner.north_m - south) * scale,
  }));
  const [first] = points;
  return (
    <svg class={corners ? 'tape-drawing' : 'tape-drawing tape-guessed'} viewBox={`0 0 ${SIZE} ${SIZE}`} role="img" aria-label={t('{n} 个角，1 号角到不相邻的角有对角线', { n: tape.corners })}>
      <polygon points={points.map(({ x, y }) => `${x},${y}`).join(' ')} />
      {first && points.slice(2, -1).map((p, k) => <line key={k} x1={first.x} y1={first.y} x2={p.x} y2={p.y} />)}
      {points.map(({ x, y }, k) => (
        <g key={k}><circle cx={x} cy={y} r="13" class={k === 0 ? 'tape-first' : ''} /><text x={x} y={y}>{k + 1}</text></g>
      ))}
    </svg>
  );
}

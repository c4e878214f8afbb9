/** What a shot should show, as a line drawing: beside its name in the list, and over the viewfinder on a first visit. */

import type { ComponentChildren } from 'preact';
import type { LandType, PhotoKind } from '../../domain/wire';

function Tree({ x, y, size }: { x: number; y: number; size: number }) {
  const crown = size * 0.42;
  return (
    <>
      <path class="d-leaf" d={`M${x} ${y - size} a${crown} ${crown} 0 1 1 -0.1 0z`} />
      <path class="d-line" d={`M${x} ${y} V${y - size * 0.35}`} />
    </>
  );
}

/** A measuring tape with its ticks, lying or standing. */
function Tape({ x, y, length, upright = false }: { x: number; y: number; length: number; upright?: boolean }) {
  const ticks = Array.from({ length: 5 }, (_, i) => (length * i) / 4);
  return (
    <path
      class="d-tape"
      d={upright
        ? `M${x} ${y} v${length} ${ticks.map((at) => `M${x - 3} ${y + at} h6`).join(' ')}`
        : `M${x} ${y} h${length} ${ticks.map((at) => `M${x + at} ${y - 3} v6`).join(' ')}`}
    />
  );
}

const panorama = (
  <>
    <path class="d-far" d="M0 34 L22 18 L44 32 L70 14 L98 30 L120 20 V38 H0z" />
    <path class="d-land" d="M0 38 H120 V90 H0z" />
    <path class="d-line" d="M60 38 L18 90 M60 38 L46 90 M60 38 L74 90 M60 38 L102 90" />
    <Tree x={22} y={56} size={12} /><Tree x={46} y={54} size={11} /><Tree x={74} y={54} size={11} /><Tree x={98} y={56} size={12} />
    <Tree x={10} y={78} size={20} /><Tree x={38} y={80} size={21} /><Tree x={82} y={80} size={21} /><Tree x={110} y={78} size={20} />
  </>
);

const spacing = (
  <>
    <path class="d-land" d="M0 66 H120 V90 H0z" />
    <Tree x={26} y={68} size={46} /><Tree x={94} y={68} size={46} />
    <Tape x={26} y={76} length={68} />
  </>
);

const ridges = (
  <>
    <path class="d-land" d="M0 58 H16 L22 76 H34 L40 50 H82 L88 76 H100 L106 58 H120 V90 H0z" />
    <path class="d-land" d="M50 50 Q61 38 72 50z" />
    <Tree x={61} y={43} size={28} />
    <Tape x={22} y={83} length={12} />
    <Tape x={94} y={50} length={26} upright />
  </>
);

const pit = (
  <>
    <path class="d-land" d="M0 36 H120 V90 H0z" />
    <path class="d-hole" d="M18 52 H58 L66 76 H10z" />
    <path class="d-line" d="M18 52 L22 62 H55 L58 52 M22 62 L17 76 M55 62 L60 76" />
    <path class="d-land" d="M76 60 Q94 38 112 60z" />
    <Tree x={94} y={50} size={30} />
    <Tape x={10} y={83} length={56} />
  </>
);

const terraces = (
  <>
    <path class="d-land" d="M0 84 H30 V66 H62 V46 H94 V26 H120 V90 H0z" />
    <Tree x={14} y={84} size={22} /><Tree x={48} y={66} size={22} /><Tree x={80} y={46} size={22} />
    <Tape x={30} y={74} length={32} />
  </>
);

const tree = (
  <>
    <path class="d-land" d="M0 72 H28 Q60 54 92 72 H120 V90 H0z" />
    <path class="d-leaf" d="M60 8 C84 8 92 26 84 40 C80 50 70 52 60 52 C50 52 40 50 36 40 C28 26 36 8 60 8z" />
    <path class="d-line" d="M60 64 V44 M60 50 L48 38 M60 46 L72 34" />
    <path class="d-fruit" d="M47 26 a4 4 0 1 0 .1 0z M68 20 a4 4 0 1 0 .1 0z M74 38 a4 4 0 1 0 .1 0z M56 36 a4 4 0 1 0 .1 0z" />
  </>
);

const household = (
  <>
    <path class="d-land" d="M0 76 H120 V90 H0z" />
    <path class="d-sign" d="M58 26 H112 V56 H58z" />
    <path class="d-line" d="M66 36 H104 M66 46 H94 M68 56 V80 M102 56 V80" />
    <path class="d-line" d="M32 16 a8 8 0 1 0 .1 0z M32 32 V58 M32 38 L20 52 M32 38 L46 46 M32 58 L24 80 M32 58 L40 80" />
  </>
);

const problem = (
  <>
    <path class="d-land" d="M0 70 H120 V90 H0z" />
    <path class="d-line" d="M34 72 V28 M34 52 L20 38 M34 46 L48 30 M34 36 L28 26" />
    <path class="d-gap" d="M84 78 m-20 0 a20 7 0 1 0 40 0 a20 7 0 1 0 -40 0z" />
    <path class="d-line" d="M76 70 L92 86 M92 70 L76 86" />
  </>
);

const measure = (
  <>
    <path class="d-land" d="M12 66 L40 22 L104 32 L94 76z" />
    <path class="d-tape" d="M12 66 L40 22 L104 32 L94 76z M40 22 L94 76" />
  </>
);

function drawingOf(kind: PhotoKind, land_type: LandType): ComponentChildren {
  switch (kind) {
    case 'panorama': return panorama;
    case 'spacing': return spacing;
    case 'groundwork': return land_type === 'paddy' ? ridges : land_type === 'slope' ? terraces : pit;
    case 'tree': return tree;
    case 'household': return household;
    case 'problem': return problem;
    case 'measure': return measure;
    case 'signature': return null;
  }
}

/** `outline`: lines alone, to be laid over a picture. */
export function ShotDrawing({ kind, land_type, outline = false }: { kind: PhotoKind; land_type: LandType; outline?: boolean }) {
  return (
    <svg class={outline ? 'drawing drawing-outline' : 'drawing'} viewBox="0 0 120 90" aria-hidden="true" focusable="false">
      {drawingOf(kind, land_type)}
    </svg>
  );
}

/** A pad to sign on with a finger (签名板). It gives a picture, black on white. */

import { useEffect, useImperativeHandle, useRef } from 'preact/hooks';
import type { Ref } from 'preact';

/** Positions in widths of the pad, so that turning the phone keeps what was drawn. */
type Stroke = [x: number, y: number][];

export interface Pad {
  clear(): void;
  /** PNG bytes; null while there is hardly a stroke. */
  picture(): Promise<ArrayBuffer | null>;
}

const PICTURE_WIDTH_PX = 960;
/** Shorter than this it is a touch, not a signature. */
const LEAST_LENGTH = 0.15;
const PEN = 0.008;

function draw(canvas: HTMLCanvasElement, strokes: readonly Stroke[], colour: string): void {
  const pen = canvas.getContext('2d');
  if (!pen) return;
  const { width } = canvas;
  pen.lineWidth = PEN * width;
  pen.lineCap = 'round';
  pen.lineJoin = 'round';
  pen.strokeStyle = colour;
  for (const stroke of strokes) {
    pen.beginPath();
    stroke.forEach(([x, y], i) => { if (i === 0) pen.moveTo(x * width, y * width); else pen.lineTo(x * width, y * width); });
    pen.stroke();
  }
}

function lengthOf(strokes: readonly Stroke[]): number {
  let sum = 0;
  for (const stroke of strokes) {
    stroke.forEach(([x, y], i) => {
      const before = stroke[i - 1];
      if (before) sum += Math.hypot(x - before[0], y - before[1]);
    });
  }
  return sum;
}

export function SignPad({ pad, label, onInk }: { pad: Ref<Pad>; label: string; onInk: (enough: boolean) => void }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const strokes = useRef<Stroke[]>([]);

  function repaint() {
    const view = canvas.current;
    if (!view) return;
    const scale = Math.min(2, window.devicePixelRatio || 1);
    // Setting the size wipes the canvas.
    view.width = Math.max(1, Math.round(view.clientWidth * scale));
    view.height = Math.max(1, Math.round(view.clientHeight * scale));
    draw(view, strokes.current, getComputedStyle(view).color);
  }

  useEffect(() => {
    if (!canvas.current) return undefined;
    const observer = new ResizeObserver(repaint);
    observer.observe(canvas.current);
    return () => { observer.disconnect(); };
  }, []);

  useImperativeHandle(pad, () => ({
    clear() {
      strokes.current = [];
      repaint();
      onInk(false);
    },
    async picture() {
      const view = canvas.current;
      if (!view || lengthOf(strokes.current) < LEAST_LENGTH) return null;
      const sheet = document.createElement('canvas');
      sheet.width = PICTURE_WIDTH_PX;
      sheet.height = Math.round((PICTURE_WIDTH_PX * view.clientHeight) / view.clientWidth);
      const pen = sheet.getContext('2d');
      if (!pen) return null;
      pen.fillStyle = '#ffffff';
      pen.fillRect(0, 0, sheet.width, sheet.height);
      draw(sheet, strokes.current, '#000000');
      const blob = await new Promise<Blob | null>((resolve) => { sheet.toBlob(resolve, 'image/png'); });
      sheet.width = 0;
      return blob && blob.arrayBuffer();
    },
  }));

  function spot(event: PointerEvent): [number, number] {
    const view = event.currentTarget as HTMLCanvasElement;
    const { left, top, width } = view.getBoundingClientRect();
    return [(event.clientX - left) / width, (event.clientY - top) / width];
  }

  return (
    <canvas
      ref={canvas} class="sign-pad" role="img" aria-label={label} data-testid="sign-pad"
      onPointerDown={(event) => {
        if (!event.isPrimary) return;
        event.currentTarget.setPointerCapture(event.pointerId);
        strokes.current.push([spot(event)]);
      }}
      onPointerMove={(event) => {
        const stroke = strokes.current.at(-1);
        if (!stroke || !event.isPrimary || !event.currentTarget.hasPointerCapture(event.pointerId)) return;
        stroke.push(spot(event));
        // Only what is new is drawn: a long signature must not grow slow.
        draw(event.currentTarget, [stroke.slice(-2)], getComputedStyle(event.currentTarget).color);
      }}
      onPointerUp={() => { onInk(lengthOf(strokes.current) >= LEAST_LENGTH); }}
      onPointerCancel={() => { onInk(lengthOf(strokes.current) >= LEAST_LENGTH); }}
    />
  );
}

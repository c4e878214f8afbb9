import { afterEach, expect, test, vi } from 'vitest';
import { NeverDrawn, withSurface, type Surface } from '../../src/device/surface';

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test('a picture that is never decoded gives an error of its own, and the next one a canvas it cannot reach', async () => {
  vi.useFakeTimers();
  const drawn: number[] = [];
  let made = 0;
  vi.stubGlobal('OffscreenCanvas', class {
    width = 0;
    height = 0;
    readonly number = (made += 1);
    getContext() { return { drawImage: () => { drawn.push(this.number); } }; }
  });
  const draw = (surface: Surface) => { surface.draw({} as CanvasImageSource, 4, 3); };
  let wakeUp: () => void = () => undefined;
  const stuck = withSurface(async (surface) => {
    await new Promise<void>((resolve) => { wakeUp = resolve; });
    draw(surface);
  });
  const next = withSurface((surface) => { draw(surface); return Promise.resolve('kept'); });
  const refused = expect(stuck).rejects.toThrow(NeverDrawn);

  await vi.advanceTimersByTimeAsync(30_000);

  await refused;
  expect(await next).toBe('kept');
  expect(drawn).toEqual([2]);
  wakeUp();
  await vi.advanceTimersByTimeAsync(0);
  expect(drawn).toEqual([2, 1]);
});

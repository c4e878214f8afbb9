"""Drawn photos for the demonstration: real JPEGs that nobody can mistake for evidence."""

import io
import math
from random import Random

from PIL import Image, ImageDraw

from inspections.wire import PhotoKind

WIDTH, HEIGHT = 1280, 960
HORIZON = 0.42
Canvas = ImageDraw.ImageDraw
Colour = tuple[int, int, int]


def draw_photo(rng: Random, kind: PhotoKind) -> bytes:
    """Draw what a photo of this kind would show; two calls never give the same bytes."""
    image = Image.new("RGB", (WIDTH, HEIGHT), _mix((170, 200, 228), (214, 222, 226), rng.random()))
    canvas = ImageDraw.Draw(image)
    _ground(canvas, rng)
    {
        "panorama": _rows,
        "spacing": _spacing,
        "groundwork": _groundwork,
        "tree": _single_tree,
        "household": _householder,
        "problem": _gap,
    }[kind](canvas, rng)
    # A stain of the lens: its place tells one picture from the next where the drawing happens to agree.
    x, y = rng.uniform(0, WIDTH), rng.uniform(0, HEIGHT * HORIZON / 2)
    canvas.ellipse((x, y, x + 6, y + 6), fill=(200, 205, 210))
    out = io.BytesIO()
    image.save(out, "JPEG", quality=82)
    return out.getvalue()


def _ground(canvas: Canvas, rng: Random) -> None:
    horizon = HEIGHT * HORIZON
    for depth, colour in ((0.30, (146, 166, 160)), (0.17, (104, 136, 106))):
        points = [(0.0, horizon)]
        base, swing = horizon - depth * 330, rng.uniform(20, 60)
        points += [
            (x, base + swing * math.sin(x / rng.uniform(150, 190) + depth * 20)) for x in range(0, WIDTH + 1, 64)
        ]
        canvas.polygon([*points, (WIDTH, horizon)], fill=colour)
    soil = _mix((142, 106, 72), (168, 122, 84), rng.random())
    canvas.rectangle((0, horizon, WIDTH, HEIGHT), fill=soil)
    for _clod in range(260):
        x, y = rng.uniform(0, WIDTH), rng.uniform(horizon, HEIGHT)
        size = 2 + 8 * (y - horizon) / HEIGHT
        canvas.ellipse((x, y, x + 2.4 * size, y + size), fill=_mix(soil, (92, 66, 44), rng.uniform(0.1, 0.5)))


def _tree(canvas: Canvas, rng: Random, x: float, foot: float, height: float, *, alive: bool = True) -> None:
    """Draw a kumquat on its mound, `height` pixels tall; a dead one has no leaves."""
    canvas.ellipse((x - height * 0.6, foot - height * 0.12, x + height * 0.6, foot + height * 0.14), fill=(112, 80, 52))
    trunk = max(1, round(height * 0.05))
    canvas.line((x, foot, x, foot - height * 0.45), fill=(86, 62, 44), width=trunk)
    if not alive:
        for lean in (-0.3, -0.1, 0.15, 0.35):
            tip = (x + lean * height, foot - height * rng.uniform(0.7, 0.95))
            canvas.line((x, foot - height * 0.4, *tip), fill=(120, 98, 76), width=trunk)
        return
    green = _mix((38, 96, 40), (84, 142, 60), rng.random())
    for _cluster in range(12):
        cx, cy = x + height * rng.uniform(-0.22, 0.22), foot - height * rng.uniform(0.5, 0.84)
        r = height * rng.uniform(0.14, 0.22)
        canvas.ellipse((cx - r, cy - r, cx + r, cy + r), fill=_mix(green, (30, 70, 34), rng.uniform(0, 0.6)))
    for _fruit in range(min(14, int(height / 14))):
        fx, fy, r = x + height * rng.uniform(-0.26, 0.26), foot - height * rng.uniform(0.46, 0.92), height * 0.022
        canvas.ellipse((fx - r, fy - r, fx + r, fy + r), fill=(238, 150, 30))


def _rows(canvas: Canvas, rng: Random) -> None:
    vanish = WIDTH * rng.uniform(0.35, 0.65)
    for row in range(1, 9):
        depth = (row / 8) ** 1.7
        foot, apart = HEIGHT * (HORIZON + 0.02 + 0.5 * depth), 40 + 250 * depth
        for column in range(-9, 10):
            x = vanish + column * apart + rng.gauss(0, 5 * depth)
            if -80 < x < WIDTH + 80:
                _tree(canvas, rng, x, foot, 26 + 170 * depth, alive=rng.random() > 0.05)


def _spacing(canvas: Canvas, rng: Random) -> None:
    left, right, foot = WIDTH * rng.uniform(0.16, 0.22), WIDTH * rng.uniform(0.76, 0.84), HEIGHT * 0.82
    _tree(canvas, rng, left, foot, 420)
    _tree(canvas, rng, right, foot + 12, 430)
    _tape(canvas, (left, foot + 30), (right, foot + 34), 24)


def _groundwork(canvas: Canvas, rng: Random) -> None:
    top = HEIGHT * HORIZON
    for ridge in range(4):
        x0, x1 = WIDTH * (ridge * 0.3 - 0.12), WIDTH * (ridge * 0.3 + 0.06)
        far0, far1 = WIDTH / 2 + (x0 - WIDTH / 2) * 0.3, WIDTH / 2 + (x1 - WIDTH / 2) * 0.3
        canvas.polygon([(far0, top), (far1, top), (x1, HEIGHT), (x0, HEIGHT)], fill=(96, 70, 48))
        for step in (0.25, 0.5, 0.9):
            x = (far1 + (x1 - far1) * step) + 80 * step
            _tree(canvas, rng, x, top + (HEIGHT - top) * step, 60 + 200 * step)
    _tape(canvas, (WIDTH * 0.42, HEIGHT * 0.86), (WIDTH * 0.64, HEIGHT * 0.86), 20)


def _single_tree(canvas: Canvas, rng: Random) -> None:
    _tree(canvas, rng, WIDTH * rng.uniform(0.44, 0.56), HEIGHT * 0.9, 720)


def _householder(canvas: Canvas, rng: Random) -> None:
    _tree(canvas, rng, WIDTH * 0.12, HEIGHT * 0.8, 380)
    _tree(canvas, rng, WIDTH * 0.92, HEIGHT * 0.78, 340)
    coat = _mix((40, 70, 120), (130, 60, 50), rng.random())
    x, foot = WIDTH * rng.uniform(0.34, 0.4), HEIGHT * 0.9
    canvas.rounded_rectangle((x - 58, foot - 330, x + 58, foot - 130), radius=30, fill=coat)
    canvas.rectangle((x - 46, foot - 150, x - 6, foot), fill=(50, 52, 60))
    canvas.rectangle((x + 6, foot - 150, x + 46, foot), fill=(50, 52, 60))
    canvas.ellipse((x - 40, foot - 412, x + 40, foot - 326), fill=(206, 164, 132))
    canvas.pieslice((x - 66, foot - 440, x + 66, foot - 350), 180, 360, fill=(206, 184, 120))
    board = (WIDTH * 0.52, foot - 380, WIDTH * 0.78, foot - 180)
    canvas.rectangle((WIDTH * 0.64, foot - 190, WIDTH * 0.66, foot), fill=(90, 76, 60))
    canvas.rectangle(board, fill=(246, 246, 240), outline=(20, 90, 50), width=8)
    for line in range(4):
        y = board[1] + 44 + line * 38
        canvas.rectangle((board[0] + 34, y, board[2] - rng.uniform(30, 120), y + 12), fill=(70, 80, 90))


def _gap(canvas: Canvas, rng: Random) -> None:
    for k, alive in enumerate((True, False, True)):
        _tree(canvas, rng, WIDTH * (0.2 + 0.3 * k), HEIGHT * 0.84, 360, alive=alive)


def _tape(canvas: Canvas, start: tuple[float, float], end: tuple[float, float], thick: float) -> None:
    """Draw a measuring tape with its marks."""
    canvas.line((*start, *end), fill=(246, 212, 50), width=round(thick))
    for mark in range(41):
        share = mark / 40
        x, y = start[0] + share * (end[0] - start[0]), start[1] + share * (end[1] - start[1])
        canvas.line((x, y - thick / 2, x, y + (thick / 2 if mark % 5 == 0 else 0)), fill=(20, 20, 20), width=2)


def _mix(one: Colour, other: Colour, share: float) -> Colour:
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return red, green, blue

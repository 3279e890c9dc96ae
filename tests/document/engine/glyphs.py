"""The generated digits (semantics.md, "Generated digits"). The pen points are
read from the document."""
import pathlib
import re
from math import isqrt

import numpy as np

from .images import cosine, sine
from .numbers import GLYPHS, below, draws, spread, trunc

DOCUMENT = pathlib.Path(__file__).parents[3] / "docs" / "semantics.md"


def read_pens():
    text = DOCUMENT.read_text().split("<!-- pens -->")[1].split("\n#")[0]
    ways = [[] for _ in range(10)]
    for digit, points in re.findall(r"(\d): ([^:]*)(?=\n +\d:|\n*$)", text):
        strokes = [[]]
        for point in points.split():
            if point == "up":
                strokes.append([])
            else:
                strokes[-1].append(tuple(int(n) for n in point.split(",")))
        ways[int(digit)].append(strokes)
    return ways


PENS = read_pens()


def mix(a, b, f):
    return a + ((b - a) * f >> 12)


class Sketch:
    def __init__(self, seed, split, sample):
        self.at, self.left = (seed, split, sample, 0), []
        self.label = self.below(10)
        self.radius = 150 + self.below(180)
        self.peak = 150 + self.below(106)
        tall = 3000 + self.below(1400)
        wide = tall + self.spread(500)
        lean, turn = self.spread(900), self.spread(13000)
        sin, cos = sine(turn), cosine(turn)
        self.m = [trunc(n, 12288) for n in (
            cos * wide, cos * lean - sin * tall,
            sin * wide, sin * lean + cos * tall)]
        self.centre = (3584 + self.spread(640), 3584 + self.spread(640))
        self.bend = [[(self.spread(384), self.spread(384)) for _ in range(3)]
                     for _ in range(3)]
        self.distance = np.full((28, 28), 2**62)
        ways = PENS[self.label]
        for stroke in ways[self.below(len(ways))]:
            self.stroke(stroke)

    def word(self):
        if not self.left:
            seed, split, sample, block = self.at
            self.left = draws(seed, GLYPHS, sample, block, split).tolist()
            self.at = seed, split, sample, block + 1
        return self.left.pop()

    def below(self, n):
        return below(self.word(), n)

    def spread(self, n):
        return spread(self.word(), n)

    def place(self, point):
        x = 16 * point[0] + self.spread(26)
        y = 16 * point[1] + self.spread(26)
        m = self.m
        return (self.centre[0] + (m[0] * x + m[1] * y >> 12),
                self.centre[1] + (m[2] * x + m[3] * y >> 12))

    def bent(self, p):
        u, v = (max(0, min(n + 512, 8191)) for n in p)
        j, fx, i, fy = u >> 12, u & 4095, v >> 12, v & 4095
        b = self.bend
        return tuple(
            p[n] + mix(mix(b[i][j][n], b[i][j + 1][n], fx),
                       mix(b[i + 1][j][n], b[i + 1][j + 1][n], fx), fy)
            for n in (0, 1))

    def stroke(self, points):
        a, c = self.place(points[0]), self.place(points[1])
        self.pen = self.bent(a)
        for before, point in zip(points[1:], points[2:]):
            b = self.place(point)
            b = c if point == before else b
            e = tuple(trunc(m + n, 2) for m, n in zip(c, b))
            self.arc(a, c, e)
            a, c = e, b
        self.arc(a, tuple(trunc(m + n, 2) for m, n in zip(a, c)), c)

    def arc(self, a, c, b):
        for k in range(1, 7):
            to = self.bent(tuple(
                trunc((6 - k)**2 * l + 2 * k * (6 - k) * m + k * k * n, 36)
                for l, m, n in zip(a, c, b)))
            self.line(self.pen, to)
            self.pen = to

    def line(self, a, b):
        dx, dy = b[0] - a[0], b[1] - a[1]
        n = isqrt(dx * dx + dy * dy)
        ux, uy = (trunc(16384 * d, n) if n else 0 for d in (dx, dy))
        reach = self.radius + 128
        x0, y0 = (max(0, min(p, q) - reach >> 8) for p, q in zip(a, b))
        x1, y1 = (min(27, max(p, q) + reach >> 8) for p, q in zip(a, b))
        if x1 < x0 or y1 < y0:
            return
        y, x = np.mgrid[y0:y1 + 1, x0:x1 + 1]
        px, py = 256 * x + 128 - a[0], 256 * y + 128 - a[1]
        t = px * ux + py * uy >> 14
        d = np.where(t >= n, (px - dx)**2 + (py - dy)**2,
                     (px * uy - py * ux >> 14)**2)
        d = np.where(t <= 0, px * px + py * py, d)
        near = self.distance[y0:y1 + 1, x0:x1 + 1]
        np.minimum(near, d, out=near)

    def pixels(self):
        reach = self.radius + 128
        out = []
        for d in self.distance.ravel().tolist():
            ink = max(0, min(reach - isqrt(d), 256)) if d < reach**2 else 0
            out.append(ink * self.peak >> 8)
        for i in range(0, 784, 2):
            word = self.word()
            for k in (i, i + 1):
                z, word = word & 65535, word >> 16
                if out[k]:
                    out[k] = out[k] * (256 - ((z & 255) * 64 >> 8)) >> 8
                elif z % 40 == 0:
                    out[k] = 20 + (z >> 10)
        for _ in range(self.below(3)):
            at = self.below(27) * 28
            at += self.below(27)
            s = 40 + self.below(120)
            for place, more in (
                (at, s), (at + 1, s // 2 + self.below(40)),
                (at + 28, s // 2 + self.below(40)), (at + 29, s // 3),
            ):
                out[place] = min(255, out[place] + more)
        return np.array(out, np.uint8).reshape(28, 28, 1)


def glyphs(size, seed=1, split=0):
    sketches = [Sketch(seed, split, i) for i in range(size)]
    return (np.stack([s.pixels() for s in sketches]),
            np.array([s.label for s in sketches]))

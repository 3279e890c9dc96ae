"""From pixels to input counts: augmentation and the input code (semantics.md,
"Input")."""
import numpy as np

from .numbers import AUGMENT, below, draws, spread, trunc

SPLINE = np.array([
    [683, 2730, 683, 0], [457, 2671, 967, 1], [288, 2506, 1291, 11],
    [167, 2262, 1631, 36], [85, 1963, 1963, 85], [36, 1631, 2262, 167],
    [11, 1291, 2506, 288], [1, 967, 2671, 457],
])


def parts_of(text):
    parts = {"shift": 0, "cutout": 0, "elastic": 0, "thin": 0}
    for part in [] if text == "none" else text.split("+"):
        name, _, n = part.partition(":")
        parts["shift" if name == "crop" else name] = int(n) if n else True
    return parts


def plain(pixels, levels):
    return (pixels.astype(np.int64) * levels + 127) // 255


def on_off(pixels, levels):
    c = (pixels.astype(np.int64) - 128) * levels
    both = np.stack([np.maximum(c, 0), np.maximum(-c, 0)], axis=-1)
    return ((both + 64) // 128).reshape(*pixels.shape[:-1], -1)


def counted(counts, levels):
    return np.minimum(counts.astype(np.int64), levels)


CODES = {"plain": plain, "onoff": on_off, "counts": counted}


def counts_of(recipe, pixels):
    """Of images as they are."""
    return CODES[recipe.input](pixels, recipe.input_levels)


def sine(a):
    a2 = trunc(a * a, 65536)
    a3 = trunc(a2 * a, 65536)
    return a - trunc(a3, 6) + trunc(trunc(a3 * a2, 65536), 120)


def cosine(a):
    a2 = trunc(a * a, 65536)
    return 65536 - trunc(a2, 2) + trunc(trunc(a2 * a2, 65536), 24)


def affine(height, width, first, second):
    turn = spread(first[0], 11438)
    scale = 65536 + spread(first[1], 6553)
    shear = spread(first[2], 6553)
    sin = trunc(sine(turn) * scale, 65536)
    cos = trunc(cosine(turn) * scale, 65536)
    m = [cos, trunc(cos * shear, 65536) - sin,
         sin, trunc(sin * shear, 65536) + cos]
    cx, cy = width - 1, height - 1
    sx = trunc(65536 * cx - m[0] * cx - m[1] * cy, 2)
    sy = trunc(65536 * cy - m[2] * cx - m[3] * cy, 2)
    return m, sx + spread(first[3], 131072), sy + spread(second[0], 131072)


def elastic(draw, height, width, reach):
    rows, columns = (height + 7) // 8 + 3, (width + 7) // 8 + 3
    i, j = np.mgrid[:rows, :columns]
    points = spread(draw(4, (i << 16) | j)[..., :2], 65536 * reach)
    y, x = np.mgrid[:height, :width]
    along = 0
    for k in range(4):
        column = sum(
            SPLINE[y % 8, h, None] * points[y // 8 + h, x // 8 + k]
            for h in range(4)
        )
        column = (column + 2**11) >> 12
        along = along + SPLINE[x % 8, k, None] * column
    moved = (along + 2**11) >> 12
    return moved[..., 0], moved[..., 1]


def read(image, px, py):
    height, width, channels = image.shape
    framed = np.zeros((height + 4, width + 4, channels), np.int64)
    framed[2:-2, 2:-2] = image
    x = np.clip(px >> 16, -2, width) + 2
    y = np.clip(py >> 16, -2, height) + 2
    fx = ((px >> 8) & 255)[..., None]
    fy = ((py >> 8) & 255)[..., None]
    up = 256 * framed[y, x] + fx * (framed[y, x + 1] - framed[y, x])
    y = y + 1
    down = 256 * framed[y, x] + fx * (framed[y, x + 1] - framed[y, x])
    return (256 * up + fy * (down - up) + 2**15) >> 16


def variant(spec, image, seed, epoch, sample):
    """Moved about, but not cut: an image [height, width, channels]."""
    parts = parts_of(spec)
    height, width, _ = image.shape

    def draw(block, place=0):
        words = draws(seed, AUGMENT, epoch, sample, block, place)
        return words.tolist() if words.ndim == 1 else words

    dx = dy = 0
    mirrored = False
    if parts["shift"] or "flip" in parts:
        words = draw(0)
        dx = spread(words[0], parts["shift"])
        dy = spread(words[1], parts["shift"])
        mirrored = "flip" in parts and words[2] >> 31 == 1
    m, sx, sy = [65536, 0, 0, 65536], 0, 0
    if "affine" in parts:
        m, sx, sy = affine(height, width, draw(1), draw(2))
    if mirrored:
        sx += m[0] * (width - 1)
        sy += m[2] * (width - 1)
        m = [-m[0], m[1], -m[2], m[3]]
    sx -= m[0] * dx + m[1] * dy
    sy -= m[2] * dx + m[3] * dy
    y, x = np.mgrid[:height, :width]
    px = sx + m[0] * x + m[1] * y
    py = sy + m[2] * x + m[3] * y
    if parts["elastic"]:
        ex, ey = elastic(draw, height, width, parts["elastic"])
        px, py = px + ex, py + ey
    return read(image, px, py)


def cut(spec, counts, seed, epoch, sample):
    side = parts_of(spec)["cutout"]
    height, width, _ = counts.shape
    if side:
        words = draws(seed, AUGMENT, epoch, sample, 3)
        left = int(below(words[0], width)) - side // 2
        top = int(below(words[1], height)) - side // 2
        counts[max(top, 0):max(top + side, 0),
               max(left, 0):max(left + side, 0)] = 0
    return counts


def thin(spec, counts, seed, epoch, sample):
    """Each spike stays if its byte is below a number that all have."""
    percent = parts_of(spec)["thin"]
    if not percent:
        return counts
    low = -(-256 * percent // 100)
    word = draws(seed, AUGMENT, epoch, sample, 5)[0]
    passing = low + int(below(word, 257 - low))
    flat = counts.ravel()
    out = np.zeros_like(flat)
    for j in range(int(flat.max(initial=0))):
        i = np.flatnonzero(flat > j)
        words = draws(seed, AUGMENT, epoch, sample, 6 + j // 16, i)
        byte = words[:, j % 16 // 4] >> 8 * (j % 4) & 255
        out[i] += byte < passing
    return out.reshape(counts.shape)


def training_counts(recipe, image, epoch, sample):
    moved = recipe.input != "plain"
    if moved:
        image = counts_of(recipe, image)
    out = variant(recipe.augment, image, recipe.seed, epoch, sample)
    if not moved:
        out = plain(out, recipe.input_levels)
    out = cut(recipe.augment, out, recipe.seed, epoch, sample)
    return thin(recipe.augment, out, recipe.seed, epoch, sample)

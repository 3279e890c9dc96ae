"""What a notebook shows: pages of HTML, images as PNG, nothing but NumPy."""

from __future__ import annotations

import base64
import struct
import zlib
from html import escape
from typing import TYPE_CHECKING, List

import numpy as np

from ._arrays import Array

if TYPE_CHECKING:
    from .data import Data
    from .metrics import Evaluation
    from .network import Network

__all__ = ["confusion_table", "contact_sheet", "layer_table", "png"]


def png(image: Array) -> bytes:
    """An image of uint8, (H, W), (H, W, 1) or (H, W, 3), as a PNG file."""
    if image.ndim == 3 and image.shape[2] == 1:
        image = image[:, :, 0]
    height, width = image.shape[:2]
    colour = 2 if image.ndim == 3 else 0
    rows = np.ascontiguousarray(image).reshape(height, -1)
    raw = b"".join(b"\0" + row.tobytes() for row in rows)

    def chunk(kind: bytes, body: bytes) -> bytes:
        return (struct.pack(">I", len(body)) + kind + body
                + struct.pack(">I", zlib.crc32(kind + body)))

    head = struct.pack(">IIBBBBB", width, height, 8, colour, 0, 0, 0)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head)
            + chunk(b"IDAT", zlib.compress(raw)) + chunk(b"IEND", b""))


def _tag(image: Array, scale: int, title: str) -> str:
    text = base64.b64encode(png(image)).decode("ascii")
    height, width = image.shape[:2]
    return (f"<img title=\"{escape(title)}\" alt=\"{escape(title)}\" "
            f"width={width * scale} height={height * scale} "
            "style='image-rendering:pixelated;margin:1px' "
            f"src='data:image/png;base64,{text}'>")


def contact_sheet(data: Data, count: int = 40) -> str:
    """The first samples of data."""
    h, w, c = data.shape
    scale = max(1, 48 // max(h, w))
    images: List[str] = []
    for i in range(min(count, len(data))):
        image, label = data[i]
        if c not in (1, 3):  # all channels as one
            image = image.max(axis=2)
        images.append(_tag(image, scale, data.class_name(label)))
    return f"<p>{escape(repr(data))}</p><div>{''.join(images)}</div>"


def _cell(value: object, style: str = "") -> str:
    return f"<td style='text-align:right;{style}'>{value}</td>"


def confusion_table(evaluation: Evaluation) -> str:
    """Who was taken for whom: a row for each true class."""
    table = evaluation.confusion
    names = evaluation.class_names or [str(k) for k in range(len(table))]
    title = f"<p>{escape(repr(evaluation))}</p>"
    if len(table) > 40:
        return title
    head = "".join(f"<th>{escape(name)}</th>" for name in names)
    body = ""
    for k, row in enumerate(table):
        most = max(int(row.sum()), 1)
        cells = ""
        for j, n in enumerate(row):
            colour = "46,125,50" if j == k else "198,40,40"
            shade = f"background:rgba({colour},{0.7 * int(n) / most:.3f})"
            cells += _cell(int(n) if n else "", shade)
        share = f"{100 * float(evaluation.recall[k]):.1f} %"
        body += (f"<tr><th>{escape(names[k])}</th>{cells}"
                 f"{_cell(share)}</tr>")
    return f"{title}<table><tr><th></th>{head}<th></th></tr>{body}</table>"


def layer_table(network: Network) -> str:
    """The layers of a network."""
    rows = ""
    for layer in network.layers:
        shape = "x".join(str(k) for k in layer.output_shape)
        cells = [layer.index, escape(layer.name), escape(layer.kind), shape,
                 layer.neurons, layer.synapses or "", layer.theta or ""]
        rows += "<tr>" + "".join(_cell(value) for value in cells) + "</tr>"
    head = "".join(f"<th>{name}</th>" for name in (
        "layer", "name", "kind", "to", "neurons", "weights", "theta"))
    return (f"<p>{escape(repr(network))}</p><table><tr>{head}</tr>{rows}"
            "</table>")

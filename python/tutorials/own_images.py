# %% [markdown]
# # Own images to a trained and verified network
#
# A folder of pictures, a folder for each class inside it, becomes a network that
# is trained with spikes, tested, verified spike by spike, and used on a new
# picture. With pictures of your own, begin at "Pictures become data" and set
# `folder`.
#
# This draws its own: rings, crosses and stripes, 32x32 in colour, some hundred
# of each. Needs `spikegrad` and Pillow.

# %%
import os
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

import spikegrad as sg

short = "SPIKEGRAD_SHORT" in os.environ  # as the tests run it
folder = Path(tempfile.mkdtemp()) / "shapes"

# %%
draw = np.random.default_rng(1)


def picture(kind):
    """A ring, a cross or stripes somewhere, in some colour, in noise."""
    image = Image.fromarray(draw.integers(0, 90, (32, 32, 3), dtype=np.uint8))
    pen = ImageDraw.Draw(image)
    colour = tuple(int(c) for c in draw.integers(120, 256, 3))
    x, y = (int(k) for k in draw.integers(9, 23, 2))
    r = int(draw.integers(5, 9))
    if kind == "ring":
        pen.ellipse((x - r, y - r, x + r, y + r), outline=colour, width=2)
    elif kind == "cross":
        pen.line((x - r, y, x + r, y), fill=colour, width=2)
        pen.line((x, y - r, x, y + r), fill=colour, width=2)
    else:
        for k in range(-r, r + 1, 4):
            pen.line((x - r, y + k, x + r, y + k), fill=colour, width=2)
    return image


for kind in ("cross", "ring", "stripes"):
    (folder / kind).mkdir(parents=True)
    for i in range(100 if short else 400):
        picture(kind).save(folder / kind / f"{i:04d}.png")
print(len(list(folder.glob("*/*.png"))), "pictures in", folder.name)

# %% [markdown]
# ## Pictures become data
#
# `images:` is a source of the command as well: PNG and JPEG files in a folder for
# each class, or a zip of them. `size` brings all to one size, in integers, so the
# same on every machine; `test=20%` keeps a fifth of each class for the test, and
# `channels=1` would make them grey. Names of classes are those of the folders, and
# go along to tables, confusion matrices and checkpoints.

# %%
train, test = sg.load(f"images:{folder},size=32x32,test=20%")
print(train, train.class_names)
print(len(train), "to train on,", len(test), "to test on")

# %% [markdown]
# What is no file comes as arrays: `sg.Data(images, labels)` takes NumPy's,
# `sg.Data.from_iterable` whatever yields (image, label), a PyTorch Dataset or a
# generator. uint8 stays as it is; floats are quantised, exactly as `help(sg.Data)`
# says.


# %%
def pictures(folder):
    for path in sorted(folder.glob("*/*.png")):
        with Image.open(path) as image:
            yield image.convert("RGB"), path.parent.name


same = sg.Data.from_iterable(pictures(folder))
assert same.class_names == train.class_names
assert len(same) == len(train) + len(test)

# %% [markdown]
# ## Training
#
# A network is written as in the paper: `8C5` is a 5x5 convolution with 8
# channels, `P2` pools by routing spikes, a number is a fully connected layer;
# the last one has a unit for each class. What the recipe does not say suits the
# network and the data, and can be looked at.

# %%
recipe = sg.Recipe("8C5-P2-16C5-P2-32-3", epochs=6 if short else 20, batch=32)
print("learning rate", recipe.suited(train).lr, "augmentation",
      recipe.suited(train).augment)
trainer = sg.Trainer(recipe, train)

best = sg.KeepBest()
history = trainer.fit(test, callbacks=[best, sg.EarlyStopping(patience=6)])
for report in history:
    print(f"epoch {report.epoch}: loss {report.train.loss:.3f}, "
          f"test {100 * report.test.accuracy:.1f} %")

# %% [markdown]
# ## Testing
#
# The weights of the best epoch, and who was taken for whom. In a notebook the
# evaluation shows itself as a table, and `history` as a page of curves.

# %%
net = best.network
result = net.evaluate(test)
print(result)
for name, row in zip(result.class_names, result.confusion):
    print(f"{name:>8}", *(f"{n:4d}" for n in row))

# %% [markdown]
# ## Verifying
#
# Everything above ran in the fast engine, with integers. The network that it
# stands for has neurons that send spikes, forward and backward. `verify`
# simulates each spike of some samples and compares every integer: membrane
# values, spike counts, error counts, gradients, updated weights. A difference
# would be an exception.

# %%
print(net.verify(test, 5 if short else 30))

# %% [markdown]
# ## Using it
#
# A checkpoint holds weights, thresholds, recipe, names of classes and the
# optimiser's state.
# `classify` takes one image in microseconds, `predict` many.

# %%
path = folder.parent / "shapes.safetensors"
net.save(path)
again = sg.Network.load(path)
image = np.asarray(picture("ring"))
logits = np.empty(again.classes, np.int32)
found = again.class_names[again.classify(image, logits)]
print("a ring is taken for a", found, "- logits", logits.tolist())
assert np.array_equal(again.predict(test.images), net.predict(test.images))

# %% [markdown]
# # Looking at spikes and errors
#
# A digit goes up through a network as spikes, its error comes down as spikes.
# This trains a small network and looks at every one of them: the raster of one
# sample, what a layer does over many samples, the gradient that the spikes add
# up to, and what the network knows before all of its input is there.
#
# Needs `spikegrad` and matplotlib.

# %%
import os

import matplotlib.pyplot as plt
import numpy as np

import spikegrad as sg

short = "SPIKEGRAD_SHORT" in os.environ  # as the tests run it
train, test = sg.load("glyphs:train=400,test=100" if short else "glyphs")
recipe = sg.Recipe("8C5-P2-32-10", epochs=2 if short else 6, batch=32)
trainer = sg.Trainer(recipe, train)
trainer.fit(test)
net = trainer.network
print(net.evaluate(test))

# %% [markdown]
# ## One digit, spike by spike
#
# `simulate` delivers every spike by the literal rules. Its events are a
# structured array: time (deliveries so far), layer (0 is the image, k + 1 layer
# k), neuron, sign, phase (0 forward, 1 backward). Spikes of sign -1 take one
# back that was sent too early. Any order of delivery ends with the same counts;
# here neurons take turns as a draw has it.
#
# Where the network is sure, no error comes down. So this takes the test image
# that it is least sure of.

# %%
logits = np.sort(net.logits(test), axis=1)
hardest = int(np.argmin(logits[:, -1] - logits[:, -2]))
image, label = test[hardest]
simulation = net.simulate(image, label, order="random")
events = simulation.events()
print(events.dtype)
print(len(events), "spikes;", simulation.totals)

names = ["image"] + [layer.name for layer in net.layers]
forward = events[events["phase"] == 0]
backward = events[events["phase"] == 1]
figure, axes = plt.subplots(len(names), 1, sharex=True, figsize=(8, 7))
for layer, axis in enumerate(axes):
    for part, sign, colour in ((forward, 1, "C0"), (forward, -1, "C1"),
                               (backward, 1, "C2"), (backward, -1, "C3")):
        mine = part[(part["layer"] == layer) & (part["sign"] == sign)]
        axis.plot(mine["time"], mine["neuron"], ".", ms=1.5, color=colour)
    axis.set_ylabel(names[layer])
axes[-1].set_xlabel("deliveries: forward, then the error coming down")
figure.suptitle(f"a {label}: spikes up (blue; orange take one back), errors "
                "down (green, red)")
figure.tight_layout()
plt.show()

# %% [markdown]
# ## What is left of them
#
# When no neuron can fire any more, each has sent a number of spikes and has some
# charge left. These are the integers that the fast engine computes without a
# single spike: here side by side.

# %%
alone = net.batch(test[hardest:hardest + 1])
figure, axes = plt.subplots(1, 3, figsize=(9, 3))
axes[0].imshow(image[..., 0], cmap="gray")
axes[0].set_title("image")
axes[1].imshow(simulation.counts[1].sum(axis=2))
axes[1].set_title("spikes of 8C5, simulated")
axes[2].imshow(alone.counts[1][0].sum(axis=2))
axes[2].set_title("the same, fast engine")
for axis in axes:
    axis.axis("off")
plt.show()
assert np.array_equal(simulation.counts[1], alone.counts[1][0])
assert np.array_equal(simulation.errors[0], alone.errors[0][0])
assert np.array_equal(simulation.logits, alone.logits[0])

# %% [markdown]
# ## Errors are sparse
#
# How many spikes neurons send, and how many error spikes. Most neurons send no
# error at all: that is where the backward pass gets its speed.

# %%
seen = net.observe(test, 100)
figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3))
for k, layer in enumerate(net.layers[:-1]):
    shares = seen.counts[k][:32] / seen.counts[k].sum()
    left.plot(shares, "o-", ms=3, label=layer.name)
left.set_yscale("log")
left.set_xlabel("spikes of a neuron")
left.legend()
for k, layer in enumerate(net.layers):
    if layer.synapses:
        shares = seen.errors[k] / max(seen.errors[k].sum(), 1)
        right.plot(np.arange(-127, 128), shares, ".", ms=3, label=layer.name)
right.set_yscale("log")
right.set_xlabel("error spikes of a neuron")
right.legend()
plt.show()
quiet = seen.errors[:, 127] / np.maximum(seen.errors.sum(axis=1), 1)
for k, layer in enumerate(net.layers):
    if layer.synapses:
        print(f"{layer.name:>6}: {100 * quiet[k]:.1f} % of the neurons send no "
              "error")

# %% [markdown]
# ## The gradient
#
# Error spikes times the spikes that arrived, summed over a batch: integers. The
# network's own arrays are NumPy arrays over its memory, without a copy.

# %%
batch = net.batch(train[:32])
gradient, biases = batch.gradient(0)
weight = net.layers[0].weight
figure, axes = plt.subplots(2, 8, figsize=(9, 2.6))
for k in range(8):
    axes[0, k].imshow(weight[k, :, :, 0], cmap="RdBu")
    axes[1, k].imshow(gradient[k, :, :, 0], cmap="RdBu")
    axes[0, k].axis("off")
    axes[1, k].axis("off")
figure.suptitle("weights of 8C5, and their gradient")
plt.show()
print("weights", weight.dtype, weight.shape, "threshold", net.layers[0].theta)

# %% [markdown]
# ## Before all of it is there
#
# Input spikes arrive in random order; after 1/64, 1/32, .. of them the network
# is asked. With all of them it says what `evaluate` says.

# %%
rows = net.anytime(test, 20 if short else 100)
plt.figure(figsize=(5, 3))
plt.plot(rows["share"], rows["correct"] / rows["samples"], "o-")
plt.xscale("log", base=2)
plt.xlabel("share of the input spikes")
plt.ylabel("accuracy")
plt.show()
for row in rows:
    print(f"{row['share']:7.4f} {row['correct'] / row['samples']:.2f}")

# %% [markdown]
# # An event recording in its own time
#
# A pixel of an event camera sends an event whenever it gets brighter or darker.
# Here an event is an input spike. A network is trained on how many there were,
# and then sees recordings as they happened, event by event: how soon does it
# know?
#
# The recordings are generated: digits seen by an event camera that makes three
# saccades of 100 ms. With recordings of your own, `source` is
# `"events:DIR,fold=1/5"`, a folder for each class (N-MNIST, AEDAT, Prophesee,
# NumPy, CSV: docs/events.md).
#
# Needs `spikegrad` and matplotlib.

# %%
import os

import matplotlib.pyplot as plt
import numpy as np

import spikegrad as sg

short = "SPIKEGRAD_SHORT" in os.environ  # as the tests run it
source = "glyph-events:window=300ms" + (",train=300,test=60" if short else "")
train, test = sg.load(source)
height, width, channels = train.shape
print(train, "channels: off and on")

# %% [markdown]
# ## A recording
#
# `events` is a structured array: microseconds since it began, and the input
# neuron, (y * width + x) * channels + channel. `images` has the counts.

# %%
events = test.events(0)
y, x, polarity = np.unravel_index(events["neuron"], test.shape)
print(events.dtype.names, len(events), "events in",
      events["time"][-1] / 1000, "ms")
figure, axes = plt.subplots(1, 4, figsize=(10, 3))
for k in range(3):
    saccade = events["time"] // 100000 == k
    frame = np.zeros((height, width))
    np.add.at(frame, (y[saccade], x[saccade]),
              2.0 * polarity[saccade] - 1)
    axes[k].imshow(frame, cmap="RdBu", vmin=-5, vmax=5)
    axes[k].set_title(f"{100 * k} to {100 * k + 100} ms")
axes[3].imshow(test[0][0].sum(axis=2))
axes[3].set_title("counts")
for axis in axes:
    axis.axis("off")
plt.show()

# %% [markdown]
# ## Training on counts
#
# The recipe's `input` is `counts`, which follows from the data: an event is a
# spike, exactly.

# %%
trainer = sg.Trainer(sg.Recipe("8C5-P2-16C5-P2-64-10", batch=32,
                               epochs=3 if short else 10), train)
for report in trainer.fit(test):
    print(f"epoch {report.epoch}: test {100 * report.test.accuracy:.1f} %")
net = trainer.network
print("input =", net.recipe.input)

# %% [markdown]
# ## Event by event
#
# `start` presents an input without spikes, `push` lets some in, and the network
# is at rest in between. What a spike causes carries its time, in microseconds:
# below, every spike of the hidden layers at the time of the event it followed.

# %%
simulation = sg.Simulation(net, sent=True)
simulation.start()
times, logits = [], []
for part in np.array_split(events, 60):
    simulation.push(part, strict=False)
    times.append(part["time"][-1] / 1000)
    logits.append(simulation.logits / net.layers[-1].theta_in_use)
spikes = simulation.events()

figure, (above, below) = plt.subplots(2, 1, sharex=True, figsize=(8, 6))
hidden = spikes[spikes["layer"] == 5]  # the layer of 64
for sign, colour in ((1, "C0"), (-1, "C1")):
    mine = hidden[hidden["sign"] == sign]
    above.plot(mine["input_time"] / 1000, mine["neuron"], ".", ms=2,
               color=colour)
above.set_ylabel("neuron of the layer of 64")
for k, line in enumerate(np.transpose(logits)):
    below.plot(times, line, color="C2" if k == test[0][1] else "0.8")
below.set_ylabel("membrane value, thresholds")
below.set_xlabel("ms")
below.set_title(f"the class {test[0][1]} is green")
plt.show()

# %% [markdown]
# ## How soon it knows
#
# Many recordings, played in their own time, the class read every 25 ms; settled:
# the class is the one of the end already.

# %%
rows = net.replay(test, 15 if short else 200, step=25)
plt.figure(figsize=(6, 3))
plt.plot(rows["ms"], rows["correct"] / rows["samples"], "o-", label="right")
plt.plot(rows["ms"], rows["settled"] / rows["samples"], "o-", label="settled")
plt.xlabel("ms")
plt.legend()
plt.show()
for row in rows:
    print(f"{row['ms']:5.0f} ms  {100 * row['correct'] / row['samples']:.0f} %")

# %% [markdown]
# With all of its events a recording is what the fast engine computes from its
# counts, and every integer of both is the same.

# %%
print(net.verify(test, 2 if short else 10))
assert rows["correct"][-1] == np.sum(
    net.predict(test[:int(rows["samples"][0])])
    == test.labels[:int(rows["samples"][0])])

"""From a topology to layers, their bounds, thresholds and the way of error
charge (semantics.md: "Layers", "Additions", "Dropout", "Error compartment",
"Bounds").

Sender 0 is the image, sender l + 1 is layer l."""
import re

import numpy as np

ROOM = 2**31 - 1 - 2**27
SIDES = r"(\d+(?:x\d+)?)"
WINDOW = re.compile(f"{SIDES}(?:s{SIDES})?(?:p{SIDES})?(?:s{SIDES})?$")


class Layer:
    def __init__(self, kind, number):
        self.kind = kind
        self.number = number
        self.sender = number
        self.source = None  # of an addition: the other sender
        self.k = (1, 1)
        self.stride = (1, 1)
        self.pad = (0, 0)
        self.theta = 0  # log2
        self.q = 0  # log2
        self.phi = 16  # log2
        self.gain_bits = 0
        self.shift = 0  # of the charge that it sends down
        self.source_shift = 0
        self.output = False

    @property
    def synaptic(self):
        return self.kind in ("conv", "dense", "projection")

    @property
    def fan_in(self):
        return self.k[0] * self.k[1] * self.window_shape[2]

    @property
    def window_shape(self):
        """What arrives, as the kernel sees it."""
        if self.kind == "dense":
            return (1, 1, int(np.prod(self.arriving)))
        return self.arriving


def written_out(text):
    """Items with the groups (ITEMS)xN repeated."""
    while "(" in text:
        text = re.sub(
            r"\(([^()]*)\)x(\d+)",
            lambda m: "-".join([m[1]] * int(m[2])),
            text,
        )
    return text.split("-")


def sides(text):
    """Rows and columns: N is both, HxW each."""
    numbers = [int(n) for n in text.split("x")]
    return (numbers[0], numbers[-1])


def read_window(layer, text):
    k, stride, pad, later = WINDOW.match(text).groups()
    layer.k = sides(k)
    layer.stride = sides(stride or later or "1")
    layer.pad = sides(pad or "0")


class Network:
    def __init__(self, recipe, image, classes):
        self.recipe = recipe
        self.image = image
        self.classes = classes
        self.class_weights, self.weight_mean = None, None
        height, width, channels = image
        if recipe.input == "onoff":
            channels *= 2
        self.shapes = [(height, width, channels)]  # by sender
        self.layers = []
        items = written_out(recipe.net)
        if re.fullmatch(r"\d+(x\d+){1,2}", items[0]):
            items = items[1:]
        for item in items:
            self.add(item)
        self.layers[-1].output = True
        self.hidden = [x for x in self.synaptic if not x.output]
        self.lowest = self.synaptic[0].number
        frozen = recipe.frozen(len(self.layers))
        for x in self.layers:
            x.frozen = x.number in frozen
        self.learning = [x for x in self.synaptic if not x.frozen]
        self.lowest_learning = self.learning[0].number
        self.find_counts()
        self.find_dropouts()
        self.find_spreads()
        self.find_limits()

    @property
    def synaptic(self):
        return [x for x in self.layers if x.synaptic]

    # ---- topology

    def add(self, item):
        kind, rest = item[0], item[1:]
        if kind == "R" and "C" in rest:
            blocks, window = rest.split("C")
            block = self.block(int(blocks))
            end = self.shapes[-1]
            layer = Layer("projection", len(self.layers))
            layer.sender = block
            layer.channels = end[2]
            read_window(layer, window)
            self.fit(layer)
            layer = Layer("add", len(self.layers))
            layer.source = len(self.layers) - 1
        else:
            layer = Layer("", len(self.layers))
            if kind == "R":
                layer.kind = "add"
                layer.source = self.block(int(rest))
            elif kind == "D":
                layer.kind = "dropout"
                layer.keep = {"2": 1, "4": 2}[rest]
            elif kind == "P":
                size, way = re.match(r"([\dx]*)(max|avg|)$", rest).groups()
                layer.kind = "P" + way
                layer.whole = size == ""
                if layer.whole:
                    layer.k = self.shapes[-1][:2]
                else:
                    layer.k = sides(size)
                layer.stride = layer.k
            elif "C" in item:
                channels, window = item.split("C")
                layer.kind = "conv"
                layer.channels = int(channels)
                read_window(layer, window)
            else:
                layer.kind = "dense"
                layer.channels = int(item)
        self.fit(layer)

    def block(self, k):
        """What arrives at the k-th layer with weights below."""
        below = [x for x in self.layers if x.kind in ("conv", "dense")]
        return below[-k].sender

    def fit(self, layer):
        layer.arriving = self.shapes[layer.sender]
        height, width, channels = layer.window_shape
        shape = [
            (size + 2 * pad - k) // stride + 1
            for size, k, stride, pad in zip(
                (height, width), layer.k, layer.stride, layer.pad
            )
        ]
        layer.shape = (*shape, layer.channels if layer.synaptic else channels)
        layer.neurons = int(np.prod(layer.shape))
        self.layers.append(layer)
        self.shapes.append(layer.shape)

    # ---- counts, dropouts, spreads

    def find_counts(self):
        r = self.recipe
        most = [r.input_levels]
        for x in self.layers:
            x.arriving_most = most[x.sender]
            x.most = x.arriving_most
            places = x.k[0] * x.k[1]
            if x.synaptic:
                x.most = r.count_cap
            elif x.kind == "add":
                x.most += most[x.source]
            elif x.kind == "P":
                x.most *= places
            elif x.kind == "Pavg" and not x.whole:
                x.theta = (places - 1).bit_length()
            elif x.kind == "Pavg":
                total = places * x.arriving_most
                while total >> x.theta > 255:
                    x.theta += 1
                half = (1 << x.theta) // 2
                x.most = min(255, (total + half) >> x.theta)
            if x.kind == "Pavg":
                x.level = self.level(x.theta)
            most.append(x.most)

    def level(self, theta):
        """H."""
        if self.recipe.fire == "round" and theta > 0:
            return 1 << (theta - 1)
        return 1 << theta

    def find_dropouts(self):
        passed = [0]
        for x in self.layers:
            now = passed[x.sender]
            if x.synaptic:
                x.q, now = now, 0
            passed.append(now + (x.keep if x.kind == "dropout" else 0))

    def find_spreads(self):
        r = self.recipe
        sent = [r.input_levels]
        if r.input == "onoff":
            sent = [(r.input_levels + 1) // 2]
        for x in self.layers:
            now = sent[x.sender]
            if x.synaptic:
                x.spread_in = now
                x.spread = now = 1 if x.output else r.spread
            elif x.kind == "P":
                now *= x.k[0] * x.k[1]
            elif x.kind == "Pavg" and x.whole:
                now = max(1, min(255, now * x.k[0] * x.k[1] >> x.theta))
            elif x.kind == "Pavg":
                now = min(255, now)
            sent.append(now)

    # ---- bounds

    def ways(self, sender):
        """Of error charge to a sender: layers that hear it, and additions of
        which it is the source."""
        hear = [x for x in self.layers if x.sender == sender]
        adds = [x for x in self.layers if x.source == sender]
        return hear, adds

    def propagates(self, layer):
        return layer.sender > self.lowest_learning

    def meeting(self):
        """By sender, how many charges of single layers meet there."""
        count = {len(self.layers): 0}
        for sender in range(len(self.layers) - 1, 0, -1):
            hear, adds = self.ways(sender)
            count[sender] = sum(
                1 if x.synaptic else count[x.number + 1] for x in hear
            ) + sum(count[x.number + 1] for x in adds)
        return count

    def joined(self, layer):
        sender = layer.sender
        hear, adds = self.ways(sender)
        if len(hear) + len(adds) > 1:
            return True
        while sender > 0 and not self.layers[sender - 1].synaptic:
            below = self.layers[sender - 1]
            if below.kind == "add":
                return True
            sender = below.sender
        return False

    def fan_out(self, x):
        rows, columns = (-(-k // s) for k, s in zip(x.k, x.stride))
        return rows * columns * x.shape[2]

    def find_limits(self):
        bits = self.recipe.weight_bits
        meeting = self.meeting()
        most = max([1, *meeting.values()])
        for x in self.synaptic:
            limit = min(2 ** (bits - 1) - 1,
                        ROOM // (x.fan_in * x.arriving_most))
            if x.sender > self.lowest:
                share = 8 * most if self.joined(x) else 1
                limit = min(limit, ROOM // (127 * self.fan_out(x) * share))
            x.limit = limit
            x.master_bits = self.recipe.master_bits - bits
            x.standardised = self.recipe.standardise == "on" and not x.output

    # ---- thresholds

    def set_thresholds(self, theta, phi=None):
        """log2 of the thresholds of layers with weights, and of those of
        errors of hidden ones, without which the recipe decides."""
        for x, bits in zip(self.synaptic, theta):
            x.theta = bits
            x.level = self.level(bits)
            x.bias_limit = 2 ** (bits + 4) - 1
        self.set_phi(phi)

    def next_with_weights(self, layer):
        sender = layer.number + 1
        while True:
            hear, adds = self.ways(sender)
            x = min(hear + adds, key=lambda y: y.number)
            if x.synaptic:
                return x
            sender = x.number + 1

    def start_phi(self, x, share):
        adds = any(y.kind == "add" for y in self.layers)
        if adds and self.recipe.phi_is_state:
            return x.theta
        above = self.next_with_weights(x)
        return above.theta + above.shift + share

    def set_phi(self, phi=None):
        """Units, shifts and gains that follow; whether the bounds hold."""
        shares = self.recipe.phi_bits(len(self.hidden))
        unit, bound, good = {}, {}, True
        for x in reversed(self.layers[self.lowest:]):
            if x.output:
                x.phi, x.gain_bits = 16, 0
                continue
            sender = x.number + 1
            hear, adds = self.ways(sender)
            units = [self.unit_of(y, unit) for y in hear]
            units += [unit[y.number + 1] for y in adds]
            unit[sender] = max(units)
            bound[sender] = 0
            for y in hear:
                y.shift = unit[sender] - self.unit_of(y, unit)
                own = (
                    127 * self.fan_out(y) * y.limit
                    if y.synaptic
                    else bound[y.number + 1]
                )
                bound[sender] += own << y.shift
            for y in adds:
                y.source_shift = unit[sender] - unit[y.number + 1]
                bound[sender] += bound[y.number + 1] << y.source_shift
            good = good and bound[sender] <= ROOM
            if x.synaptic:
                i = self.hidden.index(x)
                x.phi = phi[i] if phi else self.start_phi(x, shares[i])
                x.gain_bits = unit[sender] - x.phi
        return good

    def unit_of(self, x, unit):
        if x.synaptic:
            return x.theta + x.gain_bits
        return unit[x.number + 1] + (x.theta if x.kind == "Pavg" else 0)

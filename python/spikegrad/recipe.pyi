# Made by tools/python_stub from the library's table of options; ./dev pages
# writes it anew.
import os
from decimal import Decimal
from fractions import Fraction
from typing import Any, Dict, Iterator, List, NamedTuple, Optional, Union

_Number = Union[int, float, str, Decimal, Fraction, None]
_Choice = Union[int, str, None]
_Switch = Union[bool, str, None]
_Text = Union[str, float, List[Any], None]

class Option(NamedTuple):
    name: str
    value: str
    default: str
    help: str
    kind: str
    low: int
    high: int
    @property
    def attribute(self) -> str: ...
    @property
    def words(self) -> List[str]: ...
    @property
    def range(self) -> str: ...
    @property
    def type_name(self) -> str: ...

_TABLE: Dict[str, Option]

def options() -> List[Option]: ...
def recipes() -> List[str]: ...

class Recipe:
    adapt: bool
    #: layers in the paper's notation: at most 6143 characters; default 15C5-P2-40C5-P2-300-10
    net: str
    #: none, or affine, elastic:N, shift:N, crop:N, flip, cutout:N, thin:P, joined with +: at most 127 characters; default affine
    augment: str
    #: bits of a forward weight: 8 or 16; default 16
    weight_bits: int
    #: bits of what the optimiser keeps of a weight: 16 or 32; default 32
    master_bits: int
    #: largest spike count of a hidden neuron: 1..255; default 31
    count_cap: int
    #: spikes of a full-intensity pixel, or most of a pixel's counts: 1..255; default 15
    input_levels: int
    #: pixels as spikes, as distances from grey on two channels, or spike counts as they are: plain or onoff or counts; default plain
    input: str
    #: upper firing level: Theta/2 or Theta: round or floor; default round
    fire: str
    #: std of a hidden neuron's charge at start, in thresholds: 1..64; default 4
    spread: int
    #: hidden weights of mean 0 and norm by a learned gain: off or on; default off
    standardise: bool
    #: largest learned gain; it starts at 1: 1..16; default 4
    gain_limit: int
    #: spikes a neuron above which a layer loses charge; 0: any: 0..255, at most 6 decimals; default 0
    spike_limit: float
    #: cross-entropy, or squared error on counts: softmax or squared; default softmax
    loss: str
    #: what the error of a sample counts: 1; by class, more the rarer it is; or N or N/D for each class, of which the largest counts 1: at most 4095 characters; default none
    class_weights: str
    #: label smoothing of the softmax loss; wants dither: 0..0.5, at most 6 decimals; default 0
    smoothing: float
    #: wanted count for the squared loss, a power of two: 1..64, a power of two; default 8
    target: int
    #: error spikes for a whole mistake: 1..127; default 127
    alpha: int
    #: error thresholds of hidden layers, powers of two; or rms(U)/R; or those of the model that a run goes on from: at most 2047 characters; default 0.5
    phi: str
    #: error compartments start at a random charge: off or on; default off
    dither: bool
    #: error charge for each spike that a hidden neuron sends, over its error threshold; 0: none: 0..1, at most 6 decimals; default 0
    spike_cost: float
    #: spikes of a neuron that cost nothing: 0..255; default 0
    spike_cost_from: int
    #: a sample of which no class is off by as much sends no errors; 0: every one does: 0..0.5, at most 6 decimals; default 0
    margin: float
    #: error spikes of a sample's classes make 0 together: what one does not send goes on to the next; or from a random charge on: off or on or drawn; default off
    balance: str
    #: passes over the training data: 1..100000; default 12
    epochs: int
    #: samples per optimiser step: 1..65536; default 128
    batch: int
    #: peak learning rate: 0..1000, at most 6 decimals; default 0.25
    lr: float
    #: rates as they are, or each the power of two next to it: full or shift; default full
    rate: str
    #: share of the velocity kept per step, 0..0.99: 0..0.99, at most 6 decimals; default 0.875
    momentum: float
    #: learning rate of the last layer over that of the others: 0..16, at most 6 decimals; default 1
    readout_rate: float
    #: learning rate of biases over that of weights: 0..1, at most 6 decimals; default 1
    bias_rate: float
    #: largest gradient of a standardised row, over its size; 0: any: 0..16, at most 6 decimals; default 0
    clip: float
    #: share of a weight lost per step, times lr / (1 - momentum): 0..1, at most 6 decimals; default 0
    weight_decay: float
    #: course of the learning rate: down to 0, or as rate-steps say: linear or cosine or constant or step or list; default linear
    schedule: str
    #: schedule step: every N epochs times F; list: from epoch N on F, a share of lr: at most 1023 characters; default 10:0.1
    rate_steps: str
    #: epochs over which the learning rate rises: 0..100, at most 6 decimals; default 0.1
    warmup: float
    #: how the optimiser rounds a step: nearest or stochastic; default nearest
    rounding: str
    #: layers that do not learn: none, hidden, or numbers like 0-3,5: at most 1023 characters; default none
    freeze: str
    #: training samples held back: 0..2147483647; default 0
    validation: int
    #: which ones: the last, or of each class its share, which the seed chooses; without a recipe file stratified: last or stratified; default last
    holdout: str
    #: seed of every random draw: 0..2^56-1; default 1
    seed: int
    def __init__(
        self,
        net: _Text = ...,
        *,
        adapt: bool = ...,
        augment: _Text = ...,
        weight_bits: _Choice = ...,
        master_bits: _Choice = ...,
        count_cap: _Number = ...,
        input_levels: _Number = ...,
        input: _Choice = ...,
        fire: _Choice = ...,
        spread: _Number = ...,
        standardise: _Switch = ...,
        gain_limit: _Number = ...,
        spike_limit: _Number = ...,
        loss: _Choice = ...,
        class_weights: _Text = ...,
        smoothing: _Number = ...,
        target: _Number = ...,
        alpha: _Number = ...,
        phi: _Text = ...,
        dither: _Switch = ...,
        spike_cost: _Number = ...,
        spike_cost_from: _Number = ...,
        margin: _Number = ...,
        balance: _Choice = ...,
        epochs: _Number = ...,
        batch: _Number = ...,
        lr: _Number = ...,
        rate: _Choice = ...,
        momentum: _Number = ...,
        readout_rate: _Number = ...,
        bias_rate: _Number = ...,
        clip: _Number = ...,
        weight_decay: _Number = ...,
        schedule: _Choice = ...,
        rate_steps: _Text = ...,
        warmup: _Number = ...,
        rounding: _Choice = ...,
        freeze: _Text = ...,
        validation: _Number = ...,
        holdout: _Choice = ...,
        seed: _Number = ...,
    ) -> None: ...
    def replace(
        self,
        *,
        net: _Text = ...,
        augment: _Text = ...,
        weight_bits: _Choice = ...,
        master_bits: _Choice = ...,
        count_cap: _Number = ...,
        input_levels: _Number = ...,
        input: _Choice = ...,
        fire: _Choice = ...,
        spread: _Number = ...,
        standardise: _Switch = ...,
        gain_limit: _Number = ...,
        spike_limit: _Number = ...,
        loss: _Choice = ...,
        class_weights: _Text = ...,
        smoothing: _Number = ...,
        target: _Number = ...,
        alpha: _Number = ...,
        phi: _Text = ...,
        dither: _Switch = ...,
        spike_cost: _Number = ...,
        spike_cost_from: _Number = ...,
        margin: _Number = ...,
        balance: _Choice = ...,
        epochs: _Number = ...,
        batch: _Number = ...,
        lr: _Number = ...,
        rate: _Choice = ...,
        momentum: _Number = ...,
        readout_rate: _Number = ...,
        bias_rate: _Number = ...,
        clip: _Number = ...,
        weight_decay: _Number = ...,
        schedule: _Choice = ...,
        rate_steps: _Text = ...,
        warmup: _Number = ...,
        rounding: _Choice = ...,
        freeze: _Text = ...,
        validation: _Number = ...,
        holdout: _Choice = ...,
        seed: _Number = ...,
    ) -> Recipe: ...
    def __getitem__(self, name: str) -> Union[str, int, float, bool]: ...
    def __setitem__(self, name: str, value: Any) -> None: ...
    def __iter__(self) -> Iterator[str]: ...
    def __len__(self) -> int: ...
    def __contains__(self, name: object) -> bool: ...
    def keys(self) -> List[str]: ...
    def text(self, name: str) -> str: ...
    def as_dict(self) -> Dict[str, Union[str, int, float, bool]]: ...
    def copy(self) -> Recipe: ...
    def suited(self, data: Any) -> Recipe: ...
    def to_text(self) -> str: ...
    def save(self, path: Union[str, os.PathLike[str]]) -> None: ...
    @classmethod
    def from_text(cls, text: str, name: str = ...) -> Recipe: ...
    @classmethod
    def load(cls, name: Union[str, os.PathLike[str]]) -> Recipe: ...
    @classmethod
    def _over(cls, handle: Any) -> Recipe: ...
    @property
    def _handle(self) -> Any: ...

"""The classes of torch.optim that a group can name: their keyword arguments, and how each decays weights."""

import keyword
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.experiment.fields import Choice, Flag, Number, PlainRule, Rule, Wrong

FROZEN = "frozen"
UNKNOWN = "unknown"  # the class of groups that no optimizer holds yet; the network that is none of the menu

# The keyword arguments of each torch.optim class besides params, lr, weight_decay and momentum;
# left out are those that choose how, not what, to compute (foreach, fused, capturable,
# differentiable). A test compares this with the signatures of the installed torch.
OPTIMIZER_OPTIONS: dict[str, tuple[str, ...]] = {
    "Adam": ("betas", "eps", "amsgrad", "maximize", "decoupled_weight_decay"),
    "AdamW": ("betas", "eps", "amsgrad", "maximize"),
    "SGD": ("dampening", "nesterov", "maximize"),
    "RMSprop": ("alpha", "eps", "centered", "maximize"),
    "Adamax": ("betas", "eps", "maximize"),
    "Adagrad": ("lr_decay", "initial_accumulator_value", "eps", "maximize"),
    "NAdam": ("betas", "eps", "momentum_decay", "decoupled_weight_decay", "maximize"),
    "RAdam": ("betas", "eps", "decoupled_weight_decay", "maximize"),
    "Adadelta": ("rho", "eps", "maximize"),
    "Muon": ("nesterov", "ns_coefficients", "eps", "ns_steps", "adjust_lr_fn"),
    "Adafactor": ("beta2_decay", "eps", "d", "maximize"),
    "ASGD": ("lambd", "alpha", "t0", "maximize"),
    "Rprop": ("etas", "step_sizes", "maximize"),
    FROZEN: (),
}
MOMENTUM_OPTIMIZERS = ("SGD", "RMSprop", "Muon")
WITHOUT_DECAY = ("Rprop",)
WITH_TWO_EPS = ("Adafactor",)
DECOUPLED = ("AdamW", "Muon", "Adafactor")  # decay is decoupled from the gradient in any case
NO_STEP_HERE = {"LBFGS": "lbfgs_not_taken", "SparseAdam": "sparse_adam_not_taken"}  # the reasons
ONE_GROUP_EACH = ("torch.optim.LBFGS",)  # takes a single group, and steps by all of its parameters together


@dataclass(frozen=True)
class Epsilon(PlainRule):
    """A number from 0 to 1; or Adafactor's two, the first of which may be None: that of the numbers' type."""

    def read(self, value: Any) -> Any:
        number = Number(0.0, 1.0)
        if not isinstance(value, (tuple, list)) or len(value) != 2:
            return number.read(value)
        return None if value[0] is None else number.read(value[0]), number.read(value[1])


OPTION_RULES: dict[str, Rule] = {
    "adjust_lr_fn": Choice(("original", "match_rms_adamw", "spectral_unclamped")),
    "alpha": Number(0.0, 1.0),
    "amsgrad": Flag(),
    "beta2_decay": Number(-10.0, 0.0),
    "betas": Number(0.0, math.nextafter(1, 0), count=2),
    "centered": Flag(),
    "d": Number(1.0, 1000.0),
    "dampening": Number(0.0, 1.0),
    "decoupled_weight_decay": Flag(),
    "eps": Epsilon(),
    "etas": Number(0.0, 100.0, count=2),
    "initial_accumulator_value": Number(0.0, 1000.0),
    "lambd": Number(0.0, 1.0),
    "lr_decay": Number(0.0, 1.0),
    "maximize": Flag(),
    "momentum_decay": Number(0.0, 1.0),
    "nesterov": Flag(),
    "ns_coefficients": Number(-10.0, 10.0, count=3),
    "ns_steps": Number(1, 20, whole=True),
    "rho": Number(0.0, 1.0),
    "step_sizes": Number(0.0, 1000.0, count=2),
    "t0": Number(0.0, 1e12),
}

NONE, SHRINK, MOMENTUM, FALLING, L2 = "none", "shrink", "momentum", "falling", "l2"


@dataclass(frozen=True)
class OptimizerClass(Choice):
    """One of the choices; or a class of which only its name and settings are known, by its path: `lion_pytorch.Lion`.

    A path is never imported, and no run can use such a class.
    """

    longest: int = 100

    def read(self, value: Any) -> str:
        if not isinstance(value, str) or len(value) > self.longest:
            return super().read(value)
        if value in NO_STEP_HERE:
            raise Wrong(NO_STEP_HERE[value], allowed=", ".join(self.choices))
        if value.startswith("torch.optim.") and value.rpartition(".")[2] in self.choices:
            return value.rpartition(".")[2]
        return value if is_foreign(value) else super().read(value)


def is_foreign(optimizer: str) -> bool:
    """Whether a group's optimizer is a class that no run can use: one by its path, or UNKNOWN."""
    parts = optimizer.split(".")
    are_names = all(part.isidentifier() and not keyword.iskeyword(part) for part in parts)
    return optimizer == UNKNOWN or (are_names and len(parts) > 1)


def decouples(optimizer: str, options: Mapping[str, Any]) -> bool:
    """Whether a class with such keyword arguments keeps weight decay out of the gradient (arXiv:1711.05101)."""
    return optimizer in DECOUPLED or bool(options.get("decoupled_weight_decay", False))


def decay_kind(optimizer: str, weight_decay: float, options: Mapping[str, Any]) -> str:
    """How weight decay λ enters the steps of a class with such keyword arguments, as torch.optim's source has it.

    NONE      frozen, or λ is 0: no part of the update is decay.
    SHRINK    decoupled: before the rest of the step θ is multiplied by 1 - lr·λ, with the group's
              own lr. `_single_tensor_adam` in adam.py (AdamW, or decoupled_weight_decay=True), the
              same in nadam.py and radam.py; `_single_tensor_adafactor` in _adafactor.py;
              `_single_tensor_muon` in _muon.py, which scales by the shape of the filter only the step that follows.
    MOMENTUM  SGD: λθ joins the gradient and goes through the momentum with it, all of it linear.
              `_single_tensor_sgd` in sgd.py.
    FALLING   ASGD: λθ joins the gradient, and both are multiplied by a rate that falls from step to step, `eta`.
              `_single_tensor_asgd` in asgd.py.
    L2        λθ joins the gradient, whose square then divides the step: not linear in λθ, so a step
              has no decay part. The other classes, and Adam, NAdam and RAdam as they are by default.
    UNKNOWN   a class of which only the name is known.
    """
    if optimizer == FROZEN or weight_decay == 0:
        return NONE
    if is_foreign(optimizer):
        return UNKNOWN
    if optimizer == "SGD":
        return MOMENTUM
    if optimizer == "ASGD":
        return FALLING
    return SHRINK if decouples(optimizer, options) else L2

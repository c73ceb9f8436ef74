"""The keyword arguments of torch.optim's classes, and the rule of each. Imports no torch."""

from core.rules import Choice, Flag, Number, Rule

FROZEN = "frozen"

# The keyword arguments of each torch.optim class besides params, lr, weight_decay and momentum;
# left out are those that choose how, not what, to compute (foreach, fused, capturable,
# differentiable). A test compares this with the signatures of the installed torch.
OPTIMIZER_OPTIONS: dict[str, tuple[str, ...]] = {
    "Adam": ("betas", "eps", "amsgrad", "maximize", "decoupled_weight_decay"),
    "AdamW": ("betas", "eps", "amsgrad", "maximize"),
    "SGD": ("dampening", "nesterov", "maximize"),
    "RMSprop": ("alpha", "eps", "centered", "maximize"),
    "Adagrad": ("lr_decay", "initial_accumulator_value", "eps", "maximize"),
    "NAdam": ("betas", "eps", "momentum_decay", "decoupled_weight_decay", "maximize"),
    "RAdam": ("betas", "eps", "decoupled_weight_decay", "maximize"),
    "Adadelta": ("rho", "eps", "maximize"),
    "Muon": ("nesterov", "ns_coefficients", "eps", "ns_steps", "adjust_lr_fn"),
    FROZEN: (),
}
MOMENTUM_OPTIMIZERS = ("SGD", "RMSprop", "Muon")

OPTION_RULES: dict[str, Rule] = {
    "adjust_lr_fn": Choice(("original", "match_rms_adamw", "spectral_unclamped")),
    "alpha": Number(0.0, 1.0),
    "amsgrad": Flag(),
    "betas": Number(0.0, 0.999999, count=2),
    "centered": Flag(),
    "dampening": Number(0.0, 1.0),
    "decoupled_weight_decay": Flag(),
    "eps": Number(0.0, 1.0),
    "initial_accumulator_value": Number(0.0, 1000.0),
    "lr_decay": Number(0.0, 1.0),
    "maximize": Flag(),
    "momentum_decay": Number(0.0, 1.0),
    "nesterov": Flag(),
    "ns_coefficients": Number(-10.0, 10.0, count=3),
    "ns_steps": Number(1, 20, whole=True),
    "rho": Number(0.0, 1.0),
}

"""From the assignment to torch.optim.

build.py       build_optimizers: one torch optimizer per class, the groups with their names
muon.py        torch's Muon for convolution filters too
schedulers.py  the schedulers that a group can ask for, by torch's own classes
schedules.py   the learning rate of every group at every step
resolved.py    what torch will use for each group, read from the built optimizers
"""

from core.optimizers.build import FUSED as FUSED
from core.optimizers.build import OPTIMIZERS as OPTIMIZERS
from core.optimizers.build import build_optimizers as build_optimizers
from core.optimizers.build import is_fused as is_fused
from core.optimizers.build import optimizer_problems as optimizer_problems
from core.optimizers.build import optimizers_of as optimizers_of
from core.optimizers.build import set_train_mode as set_train_mode
from core.optimizers.muon import MatrixMuon as MatrixMuon
from core.optimizers.resolved import ResolvedGroup as ResolvedGroup
from core.optimizers.resolved import resolve as resolve
from core.optimizers.schedulers import SCHEDULERS as SCHEDULERS
from core.optimizers.schedules import LearningRates as LearningRates
from core.optimizers.schedules import Rates as Rates
from core.optimizers.schedules import planned_rates as planned_rates

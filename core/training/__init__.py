"""One run → events.

training.py       train(experiment): what it promises, and how it begins
run.py            one run, step by step
short_runs.py     many short runs from one start, for questions that need many
clipping.py       gradients that are clipped before a step
first_pass.py     the first batch's pass, whose results all runs from one start share
step.py           the part of a step that every run shares
interruption.py   ending long work before its end
clock.py          a run's clock, which ends it after its ten minutes
step_log.py       the steps of a run that are not yet reported
feeding.py        what a network is fed with: images, or its frozen beginning's outputs
frozen_prefix.py  the frozen beginning of a network, cut off
network_state.py  what a network holds, so that looking at it leaves no trace
pace.py           whether a run can end in time, by its own measurements
executor.py       where runs compute: on a thread that gives way to pages, or where a GPU is lent
"""

from core.training.clock import Clock as Clock
from core.training.clock import Ended as Ended
from core.training.clock import check as check
from core.training.executor import compute as compute
from core.training.pace import TooLong as TooLong
from core.training.short_runs import BURST as BURST
from core.training.short_runs import ShortRun as ShortRun
from core.training.short_runs import Start as Start
from core.training.training import PULSE as PULSE
from core.training.training import TIME_LIMIT as TIME_LIMIT
from core.training.training import Evaluated as Evaluated
from core.training.training import Event as Event
from core.training.training import Finished as Finished
from core.training.training import GroupEnd as GroupEnd
from core.training.training import GroupInfo as GroupInfo
from core.training.training import GroupStep as GroupStep
from core.training.training import Progress as Progress
from core.training.training import Silent as Silent
from core.training.training import Started as Started
from core.training.training import Step as Step
from core.training.training import TensorStep as TensorStep
from core.training.training import choose_device as choose_device
from core.training.training import train as train
from core.training.training import wait_for_weights as wait_for_weights

"""What the page and its API use of the modules that need torch; `core.later` imports it."""

from __future__ import annotations

from core.assignment import Assignment as Assignment
from core.checking import Checked as Checked
from core.checking import check as check
from core.comparing import Repeated as Repeated
from core.comparing import Repeating as Repeating
from core.comparing import Verdict as Verdict
from core.comparing import conclude as conclude
from core.comparing import merged as merged
from core.comparing import repeat_both as repeat_both
from core.export import FORMS as FORMS
from core.gpu import compute as compute
from core.images import check_folder as check_folder
from core.images import class_count as class_count
from core.images import dataset_names as dataset_names
from core.models import TRIED_SIZES as TRIED_SIZES
from core.models import Form as Form
from core.models import model_names as model_names
from core.models import try_out as try_out
from core.own_network import make_own_model as make_own_model
from core.resolved import ResolvedGroup as ResolvedGroup
from core.resources.cifar10 import DatasetUnavailable as DatasetUnavailable
from core.resources.device import choose_device as choose_device
from core.resources.fetching import Download as Download
from core.resources.fetching import prepare_cifar10 as prepare_cifar10
from core.resources.fetching import prepare_weights as prepare_weights
from core.schedules import Rates as Rates
from core.schedules import planned_rates as planned_rates
from core.suggesting import Probing as Probing
from core.suggesting import Suggestion as Suggestion
from core.suggesting import Suggestions as Suggestions
from core.suggesting import apply as apply
from core.suggesting import suggest as suggest
from core.training import train as train

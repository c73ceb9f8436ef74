"""What the page and its API use of the modules that need torch; `core.later` imports it."""

from __future__ import annotations

from core.assignment import Assignment as Assignment
from core.checking import Checked as Checked
from core.checking import check as check
from core.data import check_folder as check_folder
from core.data import dataset_names as dataset_names
from core.export import FORMS as FORMS
from core.models import check_own_model as check_own_model
from core.models import model_names as model_names
from core.optimizers import Rates as Rates
from core.optimizers import ResolvedGroup as ResolvedGroup
from core.optimizers import planned_rates as planned_rates
from core.questions import Probing as Probing
from core.questions import Repeated as Repeated
from core.questions import Repeating as Repeating
from core.questions import Suggestion as Suggestion
from core.questions import Suggestions as Suggestions
from core.questions import Verdict as Verdict
from core.questions import apply as apply
from core.questions import conclude as conclude
from core.questions import merged as merged
from core.questions import repeat_both as repeat_both
from core.questions import suggest as suggest
from core.resources.cifar10 import DatasetUnavailable as DatasetUnavailable
from core.resources.device import choose_device as choose_device
from core.resources.fetching import Download as Download
from core.resources.fetching import prepare_cifar10 as prepare_cifar10
from core.resources.fetching import prepare_weights as prepare_weights
from core.training import compute as compute
from core.training import train as train

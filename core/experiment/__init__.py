"""What an experiment is, and every form it comes in.

errors.py             what is wrong with an experiment, and where
fields.py             fields of dataclasses that carry the rule by which a value is read, bounded and written
notation.py           what people type into one cell: globs, depths, options
optimizer_classes.py  the classes of torch.optim that a group can name, their options, and how each decays weights
schedule_settings.py  the schedules that a group can name, and their settings
group.py              a group: which parameters, and how they are treated
experiment.py         an experiment: a network, data, sizes, a seed and its groups
differences.py        in which settings and groups two experiments differ, in words
things_to_try.py      what to try with a preset
lessons.py            the lessons of the course: a question to a preset, and what was seen
files.py              the text of a JSON or TOML file, read and written
link.py               the text of a link, read and written
from_torch.py         optimizers that were built elsewhere, as groups
torch_settings.py     what computes a group's steps there, and its settings
given.py              the forms in which people have optimizers
printed_groups.py     groups as people print them
wrappers.py           names of parameters without what wrapping put into them
patterns.py           few globs for many names
known_networks.py     networks of the menu that were built elsewhere
"""

from core.experiment.differences import differences as differences
from core.experiment.errors import ONLY_NO_RUN as ONLY_NO_RUN
from core.experiment.errors import ExperimentError as ExperimentError
from core.experiment.errors import Problem as Problem
from core.experiment.errors import not_an_experiment as not_an_experiment
from core.experiment.experiment import CLIPS as CLIPS
from core.experiment.experiment import MAX_BATCH_PIXELS as MAX_BATCH_PIXELS
from core.experiment.experiment import MAX_GROUPS as MAX_GROUPS
from core.experiment.experiment import Experiment as Experiment
from core.experiment.experiment import load_presets as load_presets
from core.experiment.fields import Bilingual as Bilingual
from core.experiment.fields import Choice as Choice
from core.experiment.fields import Number as Number
from core.experiment.fields import Rule as Rule
from core.experiment.fields import Wrong as Wrong
from core.experiment.fields import ruled_fields as ruled_fields
from core.experiment.group import ROLES as ROLES
from core.experiment.group import Group as Group
from core.experiment.lessons import Lesson as Lesson
from core.experiment.lessons import load_lessons as load_lessons
from core.experiment.optimizer_classes import FROZEN as FROZEN
from core.experiment.optimizer_classes import MOMENTUM_OPTIMIZERS as MOMENTUM_OPTIMIZERS
from core.experiment.optimizer_classes import OPTIMIZER_OPTIONS as OPTIMIZER_OPTIONS
from core.experiment.optimizer_classes import UNKNOWN as UNKNOWN
from core.experiment.printed_groups import are_named as are_named
from core.experiment.printed_groups import looks_like_groups as looks_like_groups
from core.experiment.printed_groups import read_groups as read_groups
from core.experiment.schedule_settings import SCHEDULES as SCHEDULES
from core.experiment.things_to_try import ThingToTry as ThingToTry
from core.experiment.things_to_try import load_things_to_try as load_things_to_try

"""What several runs answer.

variants.py    what an experiment is compared with: one group, a group frozen; over several seeds
comparing.py   experiments one after the other
t_test.py      whether a difference is more than noise
paired.py      two variants' runs over the same seeds: which is better, which group earns its training
suggesting.py  learning rates that bring every group's updates to a target size
"""

from core.questions.comparing import Repeated as Repeated
from core.questions.comparing import Repeating as Repeating
from core.questions.comparing import repeat_all as repeat_all
from core.questions.paired import Paired as Paired
from core.questions.paired import paired as paired
from core.questions.suggesting import Probing as Probing
from core.questions.suggesting import Suggestion as Suggestion
from core.questions.suggesting import Suggestions as Suggestions
from core.questions.suggesting import apply as apply
from core.questions.suggesting import suggest as suggest
from core.questions.t_test import Verdict as Verdict
from core.questions.variants import frozen_in_turn as frozen_in_turn
from core.questions.variants import merged as merged
from core.questions.variants import with_frozen as with_frozen

"""What several runs answer.

comparing.py   the same with one group, over several seeds
t_test.py      whether a difference is more than noise
suggesting.py  learning rates that bring every group's updates to a target size
"""

from core.questions.comparing import Repeated as Repeated
from core.questions.comparing import Repeating as Repeating
from core.questions.comparing import conclude as conclude
from core.questions.comparing import merged as merged
from core.questions.comparing import repeat_both as repeat_both
from core.questions.suggesting import Probing as Probing
from core.questions.suggesting import Suggestion as Suggestion
from core.questions.suggesting import Suggestions as Suggestions
from core.questions.suggesting import apply as apply
from core.questions.suggesting import suggest as suggest
from core.questions.t_test import Verdict as Verdict

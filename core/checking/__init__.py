"""Whether an experiment can run, and what may not have been meant.

checking.py  check: the one validator of page, API, links and files
memory.py    the memory a step needs, and whether it is there
cautions.py  what is allowed but may not have been meant
"""

from core.checking.checking import Checked as Checked
from core.checking.checking import as_run as as_run
from core.checking.checking import check as check
from core.checking.checking import check_experiment as check_experiment
from core.checking.checking import check_network as check_network

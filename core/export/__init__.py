"""An experiment as Python code that needs torch and torchvision only.

script.py         to_script: a whole training script; script.py.jinja is its text
optimizers.py     to_optimizers: a function for one's own project; optimizers.py.jinja is its text
groups.py         groups, optimizers, schedules and starts as code
network.py        the network as code
recorder.py       record_groups: a file that records a training of one's own
parts/            the functions of a script that are the same in every one
templates.py      code from templates
python_source.py  plain values, functions and modules as Python source, and the imports that code needs
"""

from core.export.recorder import record_groups as record_groups
from core.export.script import FORMS as FORMS
from core.export.script import to_optimizers as to_optimizers
from core.export.script import to_script as to_script

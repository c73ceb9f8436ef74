"""What a step did to each group.

meter.py       Meter: measures around each step, on the parameters themselves
norms.py       a step's raw numbers → plain floats per group
chunks.py      parameters as pieces that fit into the processor's cache
decay_part.py  which part of an update is weight decay
"""

from core.measurement.meter import Meter as Meter
from core.measurement.norms import Measured as Measured

"""What a step did to each group, and which units of a network are silent.

meter.py       Meter: measures around each step, on the parameters themselves
workplace.py   the measuring itself, of one chunk of parameters
measured.py    what it found in a step, by name: norms of pieces, still on the device
past.py        what a step is compared with: the update before it, gradients of steps before it
compared.py    from the pieces' products and sums to plain floats per group
sums.py        norms and dot products as exact as in double precision
norms.py       from the pieces' norms to plain floats per group
chunks.py      parameters as pieces that fit into the processor's cache
decay_part.py  which part of an update is weight decay
drift.py       how far running statistics and other buffers went
silence.py     which share of the ReLUs' outputs is zero
"""

from core.measurement.measured import Measured as Measured
from core.measurement.meter import Meter as Meter
from core.measurement.silence import Silence as Silence

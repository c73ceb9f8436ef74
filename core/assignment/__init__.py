"""Which parameter belongs to which group, and by which rule.

assignment.py  Assignment: the groups over a network's parameters, and which layers are frozen with them
matching.py    assign: the first group that fits takes a parameter; layer decay becomes one group per depth
differences.py what differs between two ways of grouping parameters
sides.py       a side of a difference, read from an experiment, an optimizer, or what one has saved
naming.py      the names by which parameters of two sides are compared
pairing.py     which group of one side is which of the other
selection.py   which parameters a group asks for: by glob, role and depth
buffers.py     which layers keep buffers, and to which parameters these belong
roles.py       weight, bias, or parameter of a normalisation layer
depth.py       how deep each parameter sits, from the network's own order of blocks
blocks.py      where a network's lists of blocks are, and how many there are
"""

from core.assignment.assignment import Assigned as Assigned
from core.assignment.assignment import Assignment as Assignment
from core.assignment.buffers import keeps_statistics as keeps_statistics
from core.assignment.buffers import layers_with_buffers as layers_with_buffers
from core.assignment.depth import count_blocks as count_blocks
from core.assignment.depth import output_matrices as output_matrices
from core.assignment.differences import Difference as Difference
from core.assignment.differences import differences as differences
from core.assignment.matching import assign as assign
from core.assignment.matching import preview as preview
from core.assignment.roles import NORM_LAYERS as NORM_LAYERS
from core.assignment.roles import is_norm as is_norm
from core.assignment.roles import roles_of as roles_of

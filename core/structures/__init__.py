"""Networks by the names and shapes of their tensors, where nobody can run their code.

structure.py  what a structure is, and the short text that says it
sources.py    a structure from a print, from JSON, from headers of weight files
printed.py    names and shapes as people print them
named.py      what names tell: buffers, and what wrapping has put into all of them
order.py      a likely order for tensors of a file that keeps them by name
library.py    the structures of the menu, each a text file of this folder, and which experiments have one
"""

from core.structures.library import lines_of as lines_of
from core.structures.library import load_structure as load_structure
from core.structures.library import runnable as runnable
from core.structures.library import structure_names as structure_names
from core.structures.library import structure_text as structure_text
from core.structures.named import unwrapped as unwrapped
from core.structures.sources import LINE_TO_PRINT as LINE_TO_PRINT
from core.structures.sources import LONGEST as LONGEST
from core.structures.sources import looks_like_network as looks_like_network
from core.structures.sources import read_network as read_network
from core.structures.structure import LONGEST_NAME as LONGEST_NAME
from core.structures.structure import MOST_TENSORS as MOST_TENSORS
from core.structures.structure import Structure as Structure
from core.structures.structure import Tensor as Tensor
from core.structures.structure import read_structure as read_structure

"""Networks by name.

catalogue.py       which networks there are, and what decides their shapes
build.py           build_model: by name, pre-trained or not, with a last layer for the dataset's classes
shapes_only.py     networks without values: made and seen through at once
passing.py         a batch passed through one: what comes out, what backward keeps
checks.py          what keeps a network from being built, or from taking its images
simple_cnn.py      the article's network
small_vit.py       a small vision transformer
structure.py       a network from the names and shapes of its tensors, to be looked at
outputs.py         what a network gives, as one row of numbers per image
custom_network.py  the network of whoever started the app, made by their function
"""

from core.models.build import build_model as build_model
from core.models.build import meta_model as meta_model
from core.models.build import zeros_of as zeros_of
from core.models.catalogue import Form as Form
from core.models.catalogue import form_of as form_of
from core.models.catalogue import model_names as model_names
from core.models.checks import check_own_model as check_own_model
from core.models.checks import model_problems as model_problems
from core.models.checks import try_out as try_out
from core.models.custom_network import has_hooks as has_hooks
from core.models.outputs import logits_of as logits_of
from core.models.passing import passed_through as passed_through
from core.models.shapes_only import QuickNorms as QuickNorms
from core.models.shapes_only import is_zero as is_zero

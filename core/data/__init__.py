"""Datasets by name, as whole tensors.

datasets.py      load_dataset: balanced subsets, normalised; shuffled batches of them
held_out.py      training images that an experiment does not train on
image_folder.py  the datasets' names and classes; a folder of one's own images
shapes.py        the generated images
"""

from core.data.datasets import Dataset as Dataset
from core.data.datasets import Split as Split
from core.data.datasets import batches as batches
from core.data.datasets import dataset_problems as dataset_problems
from core.data.datasets import load_dataset as load_dataset
from core.data.datasets import resize as resize
from core.data.datasets import take as take
from core.data.held_out import load_held_out as load_held_out
from core.data.image_folder import HOUSE_DATASETS as HOUSE_DATASETS
from core.data.image_folder import check_folder as check_folder
from core.data.image_folder import class_count as class_count
from core.data.image_folder import dataset_names as dataset_names

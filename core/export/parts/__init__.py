"""What is exported by its source: the functions of a script that are the same in every one, and the recorder.

The app calls none of it.

common.py         what most scripts have, below the constants that stand above it in a script
cifar10.py        load_data: CIFAR-10
drawn_images.py   load_data: the generated shapes
own_images.py     load_data: images from folders
idle_layers.py    set_train_mode, where layers with statistics that do not train stay in eval mode
norm_layers.py    what normalisation layers are
record_groups.py  GroupRecorder: a whole file, for trainings of one's own
"""

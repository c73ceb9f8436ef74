"""What runs find on this machine, one file for each.

cifar10.py           where CIFAR-10 lies, and its images as they are there
collector.py         Python's garbage collector, where much is made that stays
custom.py            the network and the images that whoever starts the app brings along
device.py            where runs compute, how networks lie in memory there, and how much memory is free
fetching.py          files from the network, made ready in the background
freed_memory.py      freed memory kept for a run's next step, and given back after it
random_numbers.py    torch's process-wide random numbers, lent to one run at a time
temporary_folder.py  where Gradio may write
weights.py           torchvision's pre-trained weights, as files

Import a file itself: collector.py, custom.py, freed_memory.py and temporary_folder.py do without torch, and so does
this face, as it names nothing.
"""

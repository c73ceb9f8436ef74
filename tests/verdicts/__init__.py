"""The bench of verdicts: runs whose trouble is known, and runs that have none; what does the lab say of them?

`python -m tests.verdicts` trains them all on CIFAR-10 and prints what was said of each.

setting.py   what a setting is
failing.py   those that fail, or nearly fail, for one known reason
sane.py      those that are as they should be
judging.py   what was said of a setting, and whether it was right
"""

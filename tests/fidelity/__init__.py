"""The wide sweep: what the lab tells of a run, beside a plain loop that measures in float64.

cases.py   every optimizer with every option, schedules, networks
loop.py    the plain loop: nothing of it is from core but the images
sweep.py   how far the numbers of both lie apart
"""

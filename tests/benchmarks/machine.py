"""Which machine a row was measured on, in words."""

from __future__ import annotations

import os
import platform
import re
from pathlib import Path

import torch

from core.resources.device import choose_device

CPU_INFO = Path("/proc/cpuinfo")  # proc(5)


def machine() -> str:
    """Its processor, how many of its cores may be used, its GPU if there is one, Python and torch."""
    found = re.search(r"model name\s*: (.*)", CPU_INFO.read_text()) if CPU_INFO.exists() else None
    processor = found[1] if found else platform.processor() or platform.machine()
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    gpu = f", {torch.cuda.get_device_name()}" if choose_device() == "cuda" else ""
    return f"{processor}, {cores} cores{gpu}, Python {platform.python_version()}, torch {torch.__version__}"

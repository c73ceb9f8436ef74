"""Where runs compute, how a network lies in memory there, and how much memory is free."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import torch

from core.resources.custom import own_model

MEMINFO = Path("/proc/meminfo")
CGROUPS = (  # limit, use and detail of a container's memory: version 2, then 1 of the kernel's cgroups
    tuple(Path("/sys/fs/cgroup") / name for name in ("memory.max", "memory.current", "memory.stat")),
    tuple(
        Path("/sys/fs/cgroup/memory") / name
        for name in ("memory.limit_in_bytes", "memory.usage_in_bytes", "memory.stat")
    ),
)


def choose_device() -> str:
    """CUDA if there is one, else Apple's MPS, else the CPU."""
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def free_bytes(device: str | torch.device) -> int:
    """Bytes that a run on `device` could still take: the GPU's free ones, else the machine's or the container's."""
    if torch.device(device).type == "cuda":
        reserved = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
        return torch.cuda.mem_get_info(device)[0] + reserved
    return min([_free_of_machine(), *_free_of_container()])


def _free_of_machine() -> int:
    """Linux says what is available; elsewhere all physical memory, or no bound, stands for it."""
    try:
        fields = dict(line.split(":", 1) for line in MEMINFO.read_text().splitlines())
        return int(fields["MemAvailable"].split()[0]) * 1024  # kB: docs.kernel.org, filesystems/proc
    except (OSError, KeyError, ValueError):
        pass
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):
        return 2**62


def _free_of_container() -> Iterator[int]:
    """The limit less what is used; the cache of files counts as free, as the kernel drops it when asked for memory."""
    for limit, use, detail in CGROUPS:
        try:
            stat = dict(line.split() for line in detail.read_text().splitlines())
            cache = int(stat.get("total_inactive_file") or stat.get("inactive_file") or 0)
            yield int(limit.read_text()) - int(use.read_text()) + cache
        except (OSError, ValueError):  # not there, or "max"
            continue


def memory_format(model: str, device: torch.device | str) -> torch.memory_format:
    """The layout for a network and its images on `device`: on a CPU channels_last, as convolutions are faster that way.

    Elsewhere, and for somebody's own network, whose code may need it, it is torch's default.
    """
    is_ours = model != own_model()
    return torch.channels_last if is_ours and torch.device(device).type == "cpu" else torch.contiguous_format

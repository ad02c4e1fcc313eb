"""Model and number formats of this machine's processor, as far as the system reports them."""

from __future__ import annotations

import platform
from pathlib import Path

CPUINFO = Path("/proc/cpuinfo")


def computes_bfloat16(cpuinfo: Path = CPUINFO) -> bool:
    """Whether the processor has bfloat16 instructions (AMX or AVX-512); False if unknown."""
    flags = _first(cpuinfo, "flags").split()
    return "amx_bf16" in flags or "avx512_bf16" in flags


def processor_name(cpuinfo: Path = CPUINFO) -> str:
    """Model name reported by the system, with family and stepping, as virtual machines share names; never empty."""
    said = [_first(cpuinfo, key) for key in ("model name", "cpu family", "model", "stepping")]
    return " ".join(part for part in said if part) or platform.processor() or platform.machine() or "unknown"


def _first(cpuinfo: Path, key: str) -> str:
    try:
        with cpuinfo.open(encoding="utf-8") as file:
            return next((line.partition(":")[2].strip() for line in file if line.partition(":")[0].strip() == key), "")
    except OSError:
        return ""

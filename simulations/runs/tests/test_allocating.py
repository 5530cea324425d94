"""The C library's memory: large blocks stay the system's."""

import subprocess
import sys

import pytest

from simulations.runs.allocating import LARGE_BYTES, give_large_blocks_back

# After eight megabytes were given back glibc would take one megabyte from its heap.
LEARNS = """
import ctypes
from simulations.runs.allocating import give_large_blocks_back

class Figures(ctypes.Structure):
    names = "arena ordblks smblks hblks hblkhd usmblks fsmblks uordblks fordblks keepcost"
    _fields_ = [(name, ctypes.c_size_t) for name in names.split()]

library = ctypes.CDLL(None)
library.malloc.restype, library.malloc.argtypes = ctypes.c_void_p, [ctypes.c_size_t]
library.free.argtypes, library.mallinfo2.restype = [ctypes.c_void_p], Figures
if {fixed}:
    give_large_blocks_back()
library.free(library.malloc(8 << 20))
before = library.mallinfo2().hblkhd
library.malloc({size})
print(library.mallinfo2().hblkhd - before >= {size})
"""


def system_gave(size: int, *, fixed: bool) -> bool:
    """Whether a block came from the system, after a larger one was given back."""
    program = LEARNS.format(size=size, fixed=fixed)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return done.stdout.strip() == "True"


@pytest.mark.skipif(sys.platform != "linux", reason="mallinfo2 is glibc's")
def test_large_blocks_are_the_systems_after_larger_ones_were_given_back() -> None:
    assert system_gave(1 << 20, fixed=True)
    assert not system_gave(1 << 20, fixed=False)
    assert not system_gave(LARGE_BYTES // 4, fixed=True)


def test_it_may_be_asked_for_anywhere() -> None:
    give_large_blocks_back()

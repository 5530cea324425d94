"""How the C library keeps memory, for a server that lives long.

Columns are drained, joined and stored all day, megabytes at a time. glibc learns from the first large block
it gets back to keep such blocks in its heaps, up to 32 MB each, a heap a thread. These fill with holes, and a
server that holds as much as an hour ago has grown by a hundred megabytes and more. With a fixed threshold
large blocks come from the system and go back to it.
"""

from __future__ import annotations

import ctypes

MMAP_THRESHOLD, LARGE_BYTES = -3, 256 * 1024
ARENA_MAX, ARENAS = -8, 2


def give_large_blocks_back() -> None:
    """Fix from which size on a block is the system's; nothing where the C library is not glibc."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(MMAP_THRESHOLD, LARGE_BYTES)
        mallopt(ARENA_MAX, ARENAS)

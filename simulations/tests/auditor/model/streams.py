"""The random words of section 10: BLAKE3 of one block and ChaCha8, from their public specifications."""

from functools import cache

MASK = 0xFFFFFFFF

# BLAKE3, "BLAKE3: one function, fast everywhere" (2020), sections 2.1 to 2.4.
BLAKE_IV = (
    0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A, 0x510E527F, 0x9B05688C, 0x1F83D9AB, 0x5BE0CD19,
)  # fmt: skip
BLAKE_PERMUTATION = (2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8)
BLAKE_COLUMNS_AND_DIAGONALS = (
    (0, 4, 8, 12), (1, 5, 9, 13), (2, 6, 10, 14), (3, 7, 11, 15),
    (0, 5, 10, 15), (1, 6, 11, 12), (2, 7, 8, 13), (3, 4, 9, 14),
)  # fmt: skip
BLAKE_ONLY_CHUNK = 1 | 2 | 8  # chunk start, chunk end, root

# ChaCha, D. J. Bernstein (2008): 64-bit counter, 64-bit nonce; here with 8 rounds.
CHACHA_CONSTANTS = (0x61707865, 0x3320646E, 0x79622D32, 0x6B206574)
CHACHA_ROUNDS = 8


def rotated_right(word: int, bits: int) -> int:
    """Rotate a 32-bit word."""
    return (word >> bits | word << (32 - bits)) & MASK


def little_endian_words(data: bytes) -> list[int]:
    """Read 32-bit words."""
    return [int.from_bytes(data[i : i + 4], "little") for i in range(0, len(data), 4)]


def blake3_of_one_block(data: bytes) -> bytes:
    """Hash at most 64 bytes to 32."""
    assert len(data) <= 64
    message = little_endian_words(data.ljust(64, b"\0"))
    v = [*BLAKE_IV, *BLAKE_IV[:4], 0, 0, len(data), BLAKE_ONLY_CHUNK]
    for _ in range(7):
        for i, (a, b, c, d) in enumerate(BLAKE_COLUMNS_AND_DIAGONALS):
            for word, first, second in ((message[2 * i], 16, 12), (message[2 * i + 1], 8, 7)):
                v[a] = (v[a] + v[b] + word) & MASK
                v[d] = rotated_right(v[d] ^ v[a], first)
                v[c] = (v[c] + v[d]) & MASK
                v[b] = rotated_right(v[b] ^ v[c], second)
        message = [message[i] for i in BLAKE_PERMUTATION]
    return b"".join((v[i] ^ v[i + 8]).to_bytes(4, "little") for i in range(8))


def chacha_block(key: bytes, counter: int, nonce: int) -> bytes:
    """One block of 64 bytes."""
    position = counter.to_bytes(8, "little") + nonce.to_bytes(8, "little")
    start = [*CHACHA_CONSTANTS, *little_endian_words(key), *little_endian_words(position)]
    v = list(start)
    for _ in range(CHACHA_ROUNDS // 2):
        for a, b, c, d in BLAKE_COLUMNS_AND_DIAGONALS:  # both ciphers mix the same quarters
            for first, second in ((16, 20), (24, 25)):
                v[a] = (v[a] + v[b]) & MASK
                v[d] = rotated_right(v[d] ^ v[a], first)
                v[c] = (v[c] + v[d]) & MASK
                v[b] = rotated_right(v[b] ^ v[c], second)
    return b"".join(((x + y) & MASK).to_bytes(4, "little") for x, y in zip(v, start, strict=True))


@cache
def stream_key(seed: int, agent_id: str) -> bytes:
    """The key of one bank's stream."""
    return blake3_of_one_block(b"arrivals/1" + seed.to_bytes(8, "little") + agent_id.encode("ascii"))


@cache
def draws(key: bytes, day: int, layer: int, retry: int, candidate: int) -> list[int]:
    """The 64-bit words of one candidate: 0 gap, 1 thinning, 2 amount, 3 receiver, 4 deadline, 5 priority."""
    block = chacha_block(key, candidate, day << 48 | layer << 16 | retry)
    return [int.from_bytes(block[i : i + 8], "little") for i in range(0, 64, 8)]

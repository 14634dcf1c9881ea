"""Bodies compressed ahead of time, which can be joined without being compressed again (RFC 1951, RFC 1952)."""

import struct
import zlib
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

WORTH_COMPRESSING = 1400  # about one packet
LEVEL = 1
RAW = -zlib.MAX_WBITS
HEADER = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x04\xff"
LAST_BLOCK = b"\x01\x00\x00\xff\xff"  # stored, empty
STORED = 0xFFFF  # bytes a stored block can hold
POLYNOMIAL = 0xEDB88320  # of the crc, bits reflected
ONE, X = 1 << 31, 1 << 30


class Ready(NamedTuple):
    """A body as deflate blocks that end at a byte, have no last one and look back at nothing before them."""

    deflated: bytes
    crc: int
    size: int

    @property
    def body(self) -> bytes:
        """What was compressed."""
        return zlib.decompressobj(RAW).decompress(self.deflated)

    def gzipped(self) -> bytes:
        """As a gzip file of one member."""
        return b"%b%b%b%b" % (HEADER, self.deflated, LAST_BLOCK, struct.pack("<LL", self.crc, self.size & 0xFFFFFFFF))


def prepare(body: bytes) -> Ready:
    """Compress a body, to be sent as it is or as part of another."""
    packer = zlib.compressobj(LEVEL, zlib.DEFLATED, RAW)
    return Ready(packer.compress(body) + packer.flush(zlib.Z_SYNC_FLUSH), zlib.crc32(body), len(body))


def packed(body: bytes) -> bytes | Ready:
    """The body, compressed if that is worth it."""
    return prepare(body) if len(body) >= WORTH_COMPRESSING else body


def splice(parts: Iterable[bytes | Ready]) -> Ready:
    """One body of several: what is ready stays as it is, the small rest goes in uncompressed."""
    blocks: list[bytes] = []
    crc = size = 0
    for part in parts:
        if isinstance(part, Ready):
            blocks.append(part.deflated)
            crc = _product(_power(8 * part.size), crc) ^ part.crc
            size += part.size
        else:
            blocks += _stored(part)
            crc = zlib.crc32(part, crc)
            size += len(part)
    return Ready(b"".join(blocks), crc, size)


def _stored(part: bytes) -> Iterable[bytes]:
    for start in range(0, len(part), STORED):
        piece = part[start : start + STORED]
        yield struct.pack("<BHH", 0, len(piece), len(piece) ^ STORED)
        yield piece


# The crc of two texts in a row is the first one's, times x to the power of the second one's length in bits, plus the
# second one's: polynomials over GF(2) modulo POLYNOMIAL, as in zlib's crc32_combine, which Python does not show.


def _product(left: int, right: int) -> int:
    product, bit = 0, ONE
    while left:
        if left & bit:
            product ^= right
            left ^= bit
        bit >>= 1
        right = right >> 1 ^ POLYNOMIAL if right & 1 else right >> 1
    return product


@lru_cache(maxsize=65_536)  # listings of one kind come in few lengths
def _power(exponent: int) -> int:
    """X to that power."""
    power, square = ONE, X
    while exponent:
        if exponent & 1:
            power = _product(square, power)
        square = _product(square, square)
        exponent >>= 1
    return power

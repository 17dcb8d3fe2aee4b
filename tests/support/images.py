"""Image files that are not what they say."""

import struct
import zlib


def png_that_says(width: int, height: int) -> bytes:
    """A PNG of a few bytes whose header promises a picture of any size, of one bit a pixel."""
    chunks = [
        (b"IHDR", struct.pack(">2I5B", width, height, 1, 0, 0, 0, 0)),
        (b"IDAT", zlib.compress(b"")),
        (b"IEND", b""),
    ]
    packed = [
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in chunks
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(packed)

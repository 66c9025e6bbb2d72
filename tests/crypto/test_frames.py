from __future__ import annotations

import gc
import io
import random
import zipfile
from typing import TYPE_CHECKING

import pytest

from requests_app.crypto.errors import SealBroken
from requests_app.crypto.frames import FRAME_BYTES, SealedReader, SealedWriter
from requests_app.crypto.sealing import DataKey

if TYPE_CHECKING:
    from pathlib import Path

KEY = DataKey(bytes(range(32)))
HEADER, SEALED_FRAME = 28, FRAME_BYTES + 16
SIZES = [0, 1, FRAME_BYTES - 1, FRAME_BYTES, FRAME_BYTES + 1, 2 * FRAME_BYTES, 2 * FRAME_BYTES + 77]


def content_of(size: int) -> bytes:
    return random.Random(size).randbytes(size)


def sealed(content: bytes, *aad: str | int, key: DataKey = KEY) -> bytes:
    raw = io.BytesIO()
    with SealedWriter(raw, key, *aad) as writer:
        writer.write(content)
    return raw.getvalue()


def opened(blob: bytes, *aad: str | int, key: DataKey = KEY) -> bytes:
    return SealedReader(io.BytesIO(blob), key, *aad).read()


@pytest.mark.parametrize("size", SIZES)
def test_it_reads_what_was_written(size: int) -> None:
    content = content_of(size)
    blob = sealed(content, "file", 3)
    reader = SealedReader(io.BytesIO(blob), KEY, "file", 3)
    assert reader.size == size
    assert reader.read() == content
    assert reader.read() == b""
    assert size < 16 or content[:64] not in blob


@pytest.mark.parametrize("step", [1, 4096, FRAME_BYTES, 3 * FRAME_BYTES])
def test_it_does_not_matter_in_which_steps_it_is_written(step: int) -> None:
    content = content_of(100 if step == 1 else 2 * FRAME_BYTES + 5)
    raw = io.BytesIO()
    with SealedWriter(raw, KEY) as writer:
        for start in range(0, len(content), step):
            assert writer.write(content[start : start + step]) == len(content[start : start + step])
        assert writer.tell() == len(content)
    assert opened(raw.getvalue()) == content
    assert len(raw.getvalue()) == HEADER + len(content) + 16 * max(1, -(-len(content) // FRAME_BYTES))


def test_it_reads_any_part_like_an_ordinary_file() -> None:
    content = content_of(2 * FRAME_BYTES + 777)
    ordinary, reader = io.BytesIO(content), SealedReader(io.BytesIO(sealed(content)), KEY)
    chance = random.Random(1)
    for _ in range(200):
        whence = chance.choice([io.SEEK_SET, io.SEEK_CUR, io.SEEK_END])
        low = {io.SEEK_SET: 0, io.SEEK_CUR: -ordinary.tell(), io.SEEK_END: -len(content)}[whence]
        offset = chance.randint(low, low + len(content) + 10)
        size = chance.choice([0, 1, 100, FRAME_BYTES, 3 * FRAME_BYTES])
        assert reader.seek(offset, whence) == ordinary.seek(offset, whence) == reader.tell()
        assert reader.read(size) == ordinary.read(size)
    with pytest.raises(ValueError, match="before the beginning"):
        reader.seek(-1)


def test_it_reads_lines_across_frames() -> None:
    lines = [f"rad {number} åäö\n".encode() for number in range(100)]
    reader = SealedReader(io.BytesIO(sealed(bytes(FRAME_BYTES - 17) + b"".join(lines))), KEY)
    reader.seek(FRAME_BYTES - 17)
    assert list(reader) == lines


def test_a_package_is_written_and_read_through_it(tmp_path: Path) -> None:
    path = tmp_path / "package.sealed"
    with path.open("wb") as raw, SealedWriter(raw, KEY, "p") as writer, zipfile.ZipFile(writer, "w") as package:
        package.writestr("a.txt", "åäö")
        package.writestr("b.bin", content_of(FRAME_BYTES + 9))
    with SealedReader(path.open("rb"), KEY, "p") as reader, zipfile.ZipFile(reader) as package:
        assert package.testzip() is None
        assert package.read("a.txt").decode() == "åäö"
    assert b"a.txt" not in path.read_bytes()


def test_it_refuses_another_key_or_another_place() -> None:
    blob = sealed(b"text", "file", 3)
    for aad in [(), ("file",), ("file", 4), ("file", "3")]:
        with pytest.raises(SealBroken):
            opened(blob, *aad)
    with pytest.raises(SealBroken):
        opened(blob, "file", 3, key=DataKey.generate())


def test_it_notices_every_changed_bit_of_header_and_frame() -> None:
    blob = sealed(b"text")
    for place in range(len(blob) * 8):
        changed = bytearray(blob)
        changed[place // 8] ^= 1 << place % 8
        with pytest.raises(SealBroken):
            opened(bytes(changed))


def test_it_notices_a_changed_bit_in_each_frame() -> None:
    blob = sealed(content_of(2 * FRAME_BYTES + 5))
    for frame in range(3):
        changed = bytearray(blob)
        changed[HEADER + frame * SEALED_FRAME + 3] ^= 4
        with pytest.raises(SealBroken):
            opened(bytes(changed))


def test_it_notices_every_cut_of_a_small_file() -> None:
    blob = sealed(b"text")
    for length in range(len(blob)):
        with pytest.raises(SealBroken):
            opened(blob[:length])


def frames_of(blob: bytes) -> tuple[bytes, list[bytes]]:
    return blob[:HEADER], [blob[at : at + SEALED_FRAME] for at in range(HEADER, len(blob), SEALED_FRAME)]


def test_it_refuses_a_cut_before_its_first_byte_is_read() -> None:
    header, frames = frames_of(sealed(content_of(3 * FRAME_BYTES)))
    for kept in (frames[:1], frames[:2], [*frames[:2], frames[2][:-1]], [*frames[:2], frames[2][:20]], []):
        with pytest.raises(SealBroken):
            SealedReader(io.BytesIO(header + b"".join(kept)), KEY)


def test_it_notices_frames_that_were_moved_repeated_left_out_or_added() -> None:
    header, (a, b, c) = frames_of(sealed(content_of(3 * FRAME_BYTES)))
    for order in ([b, a, c], [a, a, c], [a, c], [a, b, c, c], [a, b, b, c], [a, c, b], [a, b, c, b"\0" * 16]):
        with pytest.raises(SealBroken):
            opened(header + b"".join(order))


def test_it_notices_a_frame_of_another_file_of_the_same_key() -> None:
    header, (a, b) = frames_of(sealed(content_of(2 * FRAME_BYTES)))
    _, (other, _) = frames_of(sealed(content_of(2 * FRAME_BYTES)))
    assert opened(header + a + b)
    with pytest.raises(SealBroken):
        opened(header + other + b)


def test_half_a_file_never_opens_when_writing_failed() -> None:
    raw = io.BytesIO()
    with pytest.raises(RuntimeError), SealedWriter(raw, KEY) as writer:
        writer.write(content_of(FRAME_BYTES + 5))
        raise RuntimeError
    assert writer.closed
    with pytest.raises(SealBroken):
        opened(raw.getvalue())


def test_half_a_file_never_opens_when_closing_was_forgotten() -> None:
    raw = io.BytesIO()
    writer = SealedWriter(raw, KEY)
    writer.write(b"text")
    del writer
    gc.collect()
    with pytest.raises(SealBroken):
        opened(raw.getvalue())


def test_it_leaves_the_file_below_open_after_writing_and_closes_it_after_reading() -> None:
    raw = io.BytesIO()
    writer = SealedWriter(raw, KEY)
    writer.close()
    writer.close()
    assert not raw.closed
    with pytest.raises(ValueError, match="closed"):
        writer.write(b"more")
    reader = SealedReader(raw, KEY)
    reader.close()
    assert raw.closed
    with pytest.raises(ValueError, match="closed"):
        reader.read()

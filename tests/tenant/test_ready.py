"""What was compressed ahead of time joins into one body that any client can read."""

import gzip
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from demo.tenant.ready import packed, prepare, splice

parts = st.lists(st.tuples(st.binary(max_size=300), st.booleans()), max_size=12)


@given(parts)
def test_parts_joined_are_one_gzip_file(given_parts):
    joined = splice(prepare(body) if ahead else body for body, ahead in given_parts)

    whole = b"".join(body for body, _ in given_parts)
    assert gzip.decompress(joined.gzipped()) == joined.body == whole
    assert joined.crc == zlib.crc32(whole)


def test_joined_bodies_can_be_joined_again():
    inner = splice([b"[", prepare(b"1" * 5000), b"]"])

    outer = splice([prepare(b"{" * 70_000), inner, b"x" * 70_000])

    assert gzip.decompress(outer.gzipped()) == b"{" * 70_000 + b"[" + b"1" * 5000 + b"]" + b"x" * 70_000


@pytest.mark.parametrize(("size", "kind"), [(1399, bytes), (1400, tuple)])
def test_a_body_of_one_packet_is_left_as_it_is(size, kind):
    assert isinstance(packed(b"x" * size), kind)

"""Blocks that are written in pieces are those that would be written at once."""

import pytest

from casb_sdk.blocks import json_block, json_of, json_pieces, packed, unpacked


@pytest.mark.parametrize("rows", [0, 1, 1_000, 2_001])
def test_rows_that_come_one_by_one_make_the_same_block(rows: int) -> None:
    named = [[f"{number} \ud83d half a pair", number] for number in range(rows)]
    whole = {"before": "x", "named": named, "after": None}

    pieces = list(json_pieces({**whole, "named": iter(named)}))

    assert b"".join(pieces) == json_block(whole)
    assert max(map(len, pieces)) < 40_000
    [block] = unpacked("test", packed("test", [iter(pieces)]))
    assert json_of(block) == whole


def test_a_document_may_be_empty() -> None:
    assert b"".join(json_pieces({})) == b"{}"

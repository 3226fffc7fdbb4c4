"""Sentences on pages are sentences, whoever wrote them."""

import pytest

from connector.web.site_words import coded


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Run `casb install` again.", "Run <code>casb install</code> again."),
        ("`a` and `<b>`", "<code>a</code> and <code>&lt;b&gt;</code>"),
        ("It's a ` and <i>", "It&#39;s a ` and &lt;i&gt;"),
        ("", ""),
    ],
)
def test_commands_are_set_as_code_and_nothing_gets_through(
    text: str, shown: str
) -> None:
    assert coded(text) == shown

"""Reads the configurations out of the how-to pages, as a reader would copy them."""

import json
import re
from configparser import RawConfigParser
from pathlib import Path
from typing import Any

import yaml

HOW_TO = Path(__file__).parents[2] / "docs" / "how-to"
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FEWER_ROWS = "40"


def blocks(page: str, language: str) -> list[str]:
    """Return the fenced blocks of a page in a language."""
    text = (HOW_TO / f"{page}.md").read_text("utf-8")
    return [body for name, body in FENCE.findall(text) if name == language]


def block(page: str, language: str, having: str) -> str:
    """Return the one block that has a text in it."""
    [found] = [body for body in blocks(page, language) if having in body]
    return found


def json_block(page: str, having: str) -> Any:
    """Return an object in JSON."""
    return json.loads(block(page, "json", having))


def yaml_block(page: str, having: str) -> Any:
    """Return a document in YAML."""
    return yaml.safe_load(block(page, "yaml", having))


def conf_block(page: str, having: str) -> RawConfigParser:
    """Return a file of sections; names keep their capitals."""
    parser = RawConfigParser(delimiters="=")
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read_string(block(page, "ini", having))
    return parser


def in_small_pages(text: str) -> str:
    """Return a configuration that asks for so few rows that there are many pages."""
    return re.sub(r"\b50{2,3}\b", FEWER_ROWS, text)

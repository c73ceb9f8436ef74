"""Every word in both languages, and no key that is not there."""

from __future__ import annotations

import ast
import math
import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.text import LANGUAGES, TEXT, Shown, as_typed, language_of, percent, say

ROOT = Path(__file__).parent.parent
SOURCES = sorted((ROOT / "core").rglob("*.py"))
KEY_PLACES = {"Problem": 2, "Wrong": 0, "say": 0, "Finding": 1}  # the argument that is a key


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def keys_of(argument: ast.expr) -> Iterator[str]:
    """The texts that an argument can be: itself, or either side of a condition."""
    if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
        yield argument.value
    elif isinstance(argument, ast.IfExp):
        yield from keys_of(argument.body)
        yield from keys_of(argument.orelse)


def used_keys() -> set[tuple[str, str]]:
    """File and key of every Problem(), Wrong() and say() in core whose key is written there."""
    found = set()
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in KEY_PLACES):
                continue
            place = KEY_PLACES[node.func.id]
            given = [k.value for k in node.keywords if k.arg == "key"] or node.args[place : place + 1]
            found |= {(path.name, key) for argument in given for key in keys_of(argument)}
    return found


def test_the_languages_are_english_and_chinese() -> None:
    assert LANGUAGES == ("en", "zh")


@pytest.mark.parametrize("key", sorted(TEXT))
def test_a_text_says_the_same_in_both_languages(key: str) -> None:
    english, chinese = TEXT[key]
    assert english.strip() and chinese.strip()
    assert placeholders(english) == placeholders(chinese)
    assert "" not in placeholders(english)


def emphasis(text: str) -> list[str]:
    """What stands between two ** as they are typed."""
    return text.split("**")[1::2]


def emphasised(text: str) -> list[str]:
    """What a browser shows in bold: spec.commonmark.org/0.31.2/#left-flanking-delimiter-run, for whole runs of two.

    A word stands in for what is put in.
    """
    text = re.sub(r"\{\w+\}", "x", text)
    found, begun = [], None
    for run in re.finditer(r"\*\*", text):
        before, after = (f" {text[: run.start()]}"[-1], f"{text[run.end() :]} "[0])
        if begun is None and not after.isspace() and (not is_sign(after) or before.isspace() or is_sign(before)):
            begun = run.end()
        elif begun is not None and not before.isspace() and (not is_sign(before) or after.isspace() or is_sign(after)):
            found.append(text[begun : run.start()])
            begun = None
    return found


def is_sign(character: str) -> bool:
    return unicodedata.category(character)[0] in "PS"


PRESETS = sorted((ROOT / "presets").rglob("*.toml"))
BOLD = [words for texts in TEXT.values() for words in texts if "**" in words]
BOLD += [line for path in PRESETS for line in path.read_text(encoding="utf-8").splitlines() if "**" in line]


@pytest.mark.parametrize("words", BOLD)
def test_what_is_bold_ends_where_a_browser_ends_it(words: str) -> None:
    assert len(emphasised(words)) == len(emphasis(words)) > 0


def test_bold_that_does_not_end_is_found() -> None:
    assert emphasised("**不妨一试：**{what}") == [] and emphasised("**One thing:** {what}") == ["One thing:"]


@pytest.mark.parametrize("key", sorted(TEXT))
def test_english_holds_no_chinese(key: str) -> None:
    assert not re.search("[\u3000-\u9fff\uff00-\uffef]", TEXT[key][0])


def test_every_key_that_core_uses_is_there() -> None:
    used = used_keys()
    assert {(file, key) for file, key in used if key not in TEXT} == set()
    assert {"empty", "left_over", "no_groups", "all_frozen", "torch_refuses"} <= {key for _, key in used}


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_leads_back_from_a_thing_to_try_is_named_as_its_button(language: str) -> None:
    assert say("table_reset", language) in say("tried", language, changes="")


@pytest.mark.parametrize(
    ("tag", "language"),
    [
        ("zh", "zh"),
        ("zh-CN", "zh"),
        ("ZH-tw", "zh"),
        ("zh-Hans-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("en", "en"),
        ("en-GB,en;q=0.9,zh;q=0.8", "en"),
        ("de", "en"),
        ("", "en"),
        (None, "en"),
        (3, "en"),
    ],
)
def test_the_language_follows_the_browsers_first_choice(tag: object, language: str) -> None:
    assert language_of(tag) == language


def test_values_are_quoted_and_shortened_unless_they_are_shown_as_they_are() -> None:
    assert say("not_a_text", "en", value="a") == "“a” is not a text"
    assert say("not_a_text", "zh", value=Shown("a")) == "a 不是文本"
    assert len(say("not_a_text", "en", value="a" * 10**6)) < 100
    assert len(say("not_a_text", "en", value=Shown("a" * 10**6))) < 100


@pytest.mark.parametrize(
    ("value", "english", "chinese"),
    [
        (None, "an empty value", "空值"),
        ("", "an empty value", "空值"),
        ([], "an empty value", "空值"),
        ({}, "an empty value", "空值"),
        ({"a": 1}, "a table of keys and values", "一个键值表"),
        (["a", 1, None], "[“a”, 1, an empty value]", "[“a”, 1, 空值]"),
        ([[1], [2]], "[…, …]", "[…, …]"),
        (("a", 1), "[“a”, 1]", "[“a”, 1]"),
        (list("abcde"), "[“a”, “b”, “c”, “d”, …]", "[“a”, “b”, “c”, “d”, …]"),
        ((3, 32), "(3, 32)", "(3, 32)"),
        ("it's", "“it's”", "“it's”"),
        ("a\x00b", "“a\\x00b”", "“a\\x00b”"),
        (0.1, "0.1", "0.1"),
    ],
)
def test_a_value_is_shown_without_pythons_signs_for_it(value: object, english: str, chinese: str) -> None:
    assert [as_typed(value, language) for language in LANGUAGES] == [english, chinese]


@pytest.mark.parametrize(
    ("number", "digits", "text"),
    [
        *((0.0, 2, "0"), (9.7e-7, 2, "< 0.001"), (8.5e-5, 3, "< 0.001"), (0.001, 2, "0.001"), (0.0123456, 3, "0.0123")),
        *((5.678, 2, "5.7"), (567.8, 2, "568"), (999.6, 3, "1,000"), (4.092e4, 4, "40,920"), (1e6, 2, "1,000,000")),
        *((123.45, 4, "123.5"), (math.inf, 2, "inf"), (math.nan, 2, "nan")),
    ],
)
def test_a_percentage_has_no_powers_of_ten(number: float, digits: int, text: str) -> None:
    assert percent(number, digits) == text
    english, chinese = (say("reading_update", language, percent=number) for language in LANGUAGES)
    assert english.endswith(f" {percent(number, 2)} %") and chinese.endswith(f"{percent(number, 2)}%")


@pytest.mark.parametrize("key", sorted(TEXT))
def test_every_percentage_with_digits_is_written_so(key: str) -> None:
    for text in TEXT[key]:
        assert re.search(r"\.\dg\} ?%", text) is None


def test_a_value_is_never_read_as_a_placeholder() -> None:
    assert "{value.__class__}" in say("not_a_text", "en", value="{value.__class__}")


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=8,
    ).map(lambda value: (value,))
)
def test_any_value_can_be_shown(value: tuple[object]) -> None:
    for language in LANGUAGES:
        sentence = say("not_a_text", language, value=value[0])
        assert 0 < len(sentence) < 2000


def nested(inner: object, wide: int, deep: int) -> object:
    for _ in range(deep):
        inner = [inner] * wide
    return inner


@pytest.mark.parametrize(
    ("inner", "wide", "deep"),
    [([], 1, 10_000), ("a" * 50, 6, 5), ("a" * 50, 1000, 2), (10**5000, 1, 0), (10**5000, 2, 2)],
    ids=["deep", "wide and deep", "wide", "huge", "huge inside"],
)
def test_large_values_are_shown_short(inner: object, wide: int, deep: int) -> None:
    for language in LANGUAGES:
        assert 0 < len(say("not_a_text", language, value=nested(inner, wide, deep))) < 400

"""How single values are read, bounded and written."""

from __future__ import annotations

import inspect
import math
from collections.abc import Iterable
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from core.checking import check_experiment
from core.experiment import (
    FROZEN,
    MOMENTUM_OPTIMIZERS,
    OPTIMIZER_OPTIONS,
    Bilingual,
    Choice,
    Experiment,
    Group,
    Number,
    Rule,
    Wrong,
)
from core.experiment.fields import Flag, Text, Words
from core.experiment.notation import Depth, Globs, Options
from core.experiment.optimizer_classes import OPTION_RULES
from core.text import LANGUAGES, say

RATE = Number(0.0, 1000.0)
SIZE = Number(10, 50_000, whole=True)
HOW_NOT_WHAT = {"foreach", "fused", "capturable", "differentiable"}
HAVE_FIELDS = {"params", "lr", "weight_decay", "momentum"}


def refusal(rule: Rule, value: Any) -> Wrong:
    with pytest.raises(Wrong) as caught:
        rule.read(value)
    return caught.value


def sentences(wrong: Wrong) -> list[str]:
    return [say(wrong.key, language, **wrong.values) for language in LANGUAGES]


@pytest.mark.parametrize(
    ("value", "number"),
    [
        ("3e-4", 3e-4),
        (" 0.5 ", 0.5),
        ("1E-3", 0.001),
        (".5", 0.5),
        (3, 3.0),
        (0, 0.0),
        (1000, 1000.0),
        (5e-324, 5e-324),
        ("1000", 1000.0),
        ("０．００１", 0.001),
        ("1ｅ－3", 0.001),
        ("\u3000１\u3000", 1.0),
    ],
)
def test_numbers_may_be_text(value: object, number: float) -> None:
    assert RATE.read(value) == number
    assert type(RATE.read(value)) is float


@pytest.mark.parametrize("value", ["10³", "⑩", "½"])
def test_other_signs_that_unicode_calls_compatible_are_no_digits(value: str) -> None:
    """NFKC makes them 103, 10 and 1⁄2."""
    assert refusal(RATE, value).key == "not_a_number"


@pytest.mark.parametrize("value", [64, 64.0, "64", "64.0", "6.4e1", "６４"])
def test_whole_numbers_become_integers(value: object) -> None:
    assert SIZE.read(value) == 64
    assert type(SIZE.read(value)) is int


@pytest.mark.parametrize(
    "value",
    ["abc", "", None, True, False, "nan", "inf", "-inf", math.nan, math.inf, 10**5000, [], [1], {}, "1" * 10**6, 1j],
    ids=lambda value: type(value).__name__,
)
@pytest.mark.parametrize("rule", [RATE, SIZE], ids=["number", "whole"])
def test_what_is_no_number_is_refused(rule: Number, value: object) -> None:
    wrong = refusal(rule, value)
    assert wrong.key in ("not_a_number", "not_whole")
    assert all(0 < len(sentence) < 300 for sentence in sentences(wrong))


@pytest.mark.parametrize(("value", "rule"), [(-1, RATE), (-1e-9, RATE), ("1000.1", RATE), (9, SIZE), ("50001", SIZE)])
def test_numbers_out_of_bounds_are_refused_with_the_bounds(value: object, rule: Number) -> None:
    wrong = refusal(rule, value)
    assert wrong.key == "out_of_bounds"
    for sentence in sentences(wrong):
        assert str(value) in sentence and f"{rule.low:g}" in sentence and f"{rule.high:g}" in sentence


@pytest.mark.parametrize("value", [10.5, "10.5", "1e-3"])
def test_fractions_are_no_whole_numbers(value: object) -> None:
    assert refusal(SIZE, value).key == "not_whole"


@pytest.mark.parametrize("value", [None, ""])
def test_an_optional_number_may_be_empty(value: object) -> None:
    assert Number(0, 1, optional=True).read(value) is None


@pytest.mark.parametrize("value", [(0.9, 0.95), [0.9, "0.95"]])
def test_tuples_of_numbers_are_read_from_lists_too(value: object) -> None:
    assert Number(0, 1, count=2).read(value) == (0.9, 0.95)


@pytest.mark.parametrize("value", [0.9, (0.9,), (0.9, 0.9, 0.9), "0.9, 0.95", None])
def test_tuples_of_another_length_are_refused(value: object) -> None:
    wrong = refusal(Number(0, 1, count=2), value)
    assert wrong.key == "not_a_tuple"
    assert all("2" in sentence for sentence in sentences(wrong))


def test_a_tuple_with_a_number_out_of_bounds_is_refused() -> None:
    assert refusal(Number(0, 1, count=2), (0.9, 2)).key == "out_of_bounds"


@pytest.mark.parametrize("value", ["adam", "", None, 3, True, [], {}, "Adam "])
def test_a_choice_is_one_of_its_words(value: object) -> None:
    rule = Choice(("Adam", "SGD"))
    assert rule.read("SGD") == "SGD"
    wrong = refusal(rule, value)
    assert wrong.key == "not_a_choice"
    assert all("Adam, SGD" in sentence for sentence in sentences(wrong))


@pytest.mark.parametrize("value", [0, 1, "True", None, []])
def test_a_flag_is_true_or_false(value: object) -> None:
    assert (Flag().read(True), Flag().read(False)) == (True, False)
    assert refusal(Flag(), value).key == "not_a_flag"


@pytest.mark.parametrize(
    ("value", "line"),
    [("  two \t words\n", "two words"), ("卷积层", "卷积层"), ("é" * 10, "é" * 10), ("a\u2028b", "a b")],
)
def test_text_is_folded_into_one_line(value: str, line: str) -> None:
    assert Text(10).read(value) == line


@pytest.mark.parametrize(
    "letter",
    ["\x00", "\x07", "\x1b", "\x7f", "\x9b", "\u200b", "\u200d", "\u202e", "\u2066", "\ufeff", "\ud800", "\ue000"],
    ids=ascii,
)
def test_control_and_direction_characters_are_refused(letter: str) -> None:
    wrong = refusal(Text(40), f"conv{letter}1")
    assert wrong.key == "control_characters"
    assert all(letter not in sentence for sentence in sentences(wrong))


@pytest.mark.parametrize(
    ("value", "key"),
    [
        (None, "empty"),
        ("", "empty"),
        (" \n ", "empty"),
        (5, "not_a_text"),
        (["a"], "not_a_text"),
        ("a" * 41, "too_long"),
    ],
)
def test_text_that_does_not_fit_is_refused(value: object, key: str) -> None:
    wrong = refusal(Text(40), value)
    assert wrong.key == key
    assert all(sentences(wrong))


@pytest.mark.parametrize(
    ("rule", "value"),
    [
        (RATE, "abc"),
        (SIZE, 1.5),
        (SIZE, 9),
        (Number(0, 1, count=2), (0.9,)),
        (Choice(("Adam", "SGD")), "adam"),
        (Flag(), "yes"),
        (Text(40), 5),
        (Text(40), "a" * 41),
        (Text(40), "a" * 81),
        (Words(20), ["a", "b"]),
        (Globs(5, 20), 7),
        (Depth(), "5-2"),
        (Depth(), 1.5),
        (Options({}), 3),
        (Options({}), "nesterov"),
        (Options({}), (1, 2)),
    ],
    ids=lambda value: ascii(value)[:20],
)
def test_a_refusal_names_the_value(rule: Rule, value: object) -> None:
    assert refusal(rule, value).values["value"] is value


def test_a_tuple_of_whole_numbers_takes_no_fraction() -> None:
    assert Number(0, 9, whole=True, count=2).read(("3", 4.0)) == (3, 4)
    assert refusal(Number(0, 9, whole=True, count=2), (3, 4.5)).key == "not_whole"


def test_lengths_and_depths_may_reach_their_limits() -> None:
    assert Text(40).read("a" * 40) == "a" * 40
    assert Text(40).read("a" * 40 + " " * 40) == "a" * 40
    assert RATE.read("1." + "0" * 38) == 1.0
    assert (Depth().read(0), Depth().read(999)) == ("0", "999")
    assert refusal(Depth(), 1000).key == "not_a_depth"


def test_one_text_serves_for_both_languages() -> None:
    assert Words(20).read("Adam") == Bilingual("Adam", "Adam")


def test_words_in_two_languages_are_kept_apart() -> None:
    words = Words(20).read({"en": " rates ", "zh": "学习率"})
    assert words == Bilingual("rates", "学习率")
    assert Words(20).write(words) == {"en": "rates", "zh": "学习率"}
    assert Words(20).read("") == Bilingual("", "")


@pytest.mark.parametrize("value", [{"en": "a"}, {"en": "a", "zh": "b", "de": "c"}, 3, None, ["a", "b"], {}])
def test_words_need_both_languages_and_no_other(value: object) -> None:
    assert refusal(Words(20), value).key == "not_words"


@pytest.mark.parametrize("value", [{"en": None, "zh": "a"}, {"en": "a", "zh": 3}, {"en": "a" * 21, "zh": "a"}])
def test_words_are_texts(value: object) -> None:
    assert refusal(Words(20), value).key in ("empty", "not_a_text", "too_long")


@pytest.mark.parametrize("value", ["conv1.*, *.bias", "conv1.* *.bias", ["conv1.*", "*.bias"], ("conv1.*", " *.bias ")])
def test_globs_are_a_list_or_one_text(value: object) -> None:
    assert Globs(5, 20).read(value) == ("conv1.*", "*.bias")
    assert Globs(5, 20).write(("conv1.*", "*.bias")) == ["conv1.*", "*.bias"]


@pytest.mark.parametrize(
    ("value", "key"),
    [
        ("", "no_globs"),
        (" , ", "no_globs"),
        ([], "no_globs"),
        (None, "no_globs"),
        (7, "no_globs"),
        ({"a": 1}, "no_globs"),
        (["a"] * 6, "too_many_globs"),
        ("a " * 6, "too_many_globs"),
        ("a " * 10**6, "too_many_globs"),
        (["a", 7], "not_a_text"),
        (["a", None], "empty"),
        (["a", ""], "empty"),
        (["a" * 21], "too_long"),
        ("a" * 10**6, "too_long"),
        (["conv1.* conv2.*"], "glob_with_space"),
        (["conv1.*,conv2.*"], "glob_with_space"),
        (["*" * 7], "too_many_stars"),
        (["conv\u202e"], "control_characters"),
    ],
    ids=lambda value: ascii(value)[:20],
)
def test_globs_that_do_not_fit_are_refused(value: object, key: str) -> None:
    wrong = refusal(Globs(5, 20), value)
    assert wrong.key == key
    assert all(0 < len(sentence) < 300 for sentence in sentences(wrong))


def test_stars_are_counted_between_chinese_commas_and_full_width_names_stay() -> None:
    typed = "，".join(["conv*"] * 4) + "、" + "、".join(["fc*"] * 4)
    assert Globs(5, 60).read(typed) == (typed,)
    assert Globs(5, 60).read("层１.*") == ("层１.*",)


def read_or_refused(rule: Rule, value: object) -> Any:
    try:
        return rule.read(value)
    except Wrong:
        return "refused"


def test_no_glob_of_a_long_text_is_dropped_in_silence() -> None:
    text = "conv1.*" + " " * 500 + "conv2.*"
    assert read_or_refused(Globs(5, 20), text) in ("refused", ("conv1.*", "conv2.*"))


OPTIONS = Options(OPTION_RULES)


@pytest.mark.parametrize(
    ("text", "pairs"),
    [
        ("", ()),
        ("  ", ()),
        ("nesterov=True", (("nesterov", True),)),
        ("betas=(0.9, 0.95) eps=1e-8", (("betas", (0.9, 0.95)), ("eps", 1e-8))),
        ("betas=(0.9, 0.95), eps = 1e-8,", (("betas", (0.9, 0.95)), ("eps", 1e-8))),
        ("betas=[0.9,0.95]", (("betas", (0.9, 0.95)),)),
        ("betas=（0.9，0.95）", (("betas", (0.9, 0.95)),)),
        ("betas＝（0.9、0.95），eps=１e－8", (("betas", (0.9, 0.95)), ("eps", 1e-8))),
        ("ns_steps=4 adjust_lr_fn='original'", (("ns_steps", 4), ("adjust_lr_fn", "original"))),
        ("ns_coefficients=(3.4445, -4.775, 2.0315)", (("ns_coefficients", (3.4445, -4.775, 2.0315)),)),
    ],
)
def test_options_are_read_as_literals(text: str, pairs: tuple[tuple[str, object], ...]) -> None:
    assert OPTIONS.read(text) == pairs
    assert OPTIONS.read(OPTIONS.write(pairs)) == pairs
    assert OPTIONS.read(pairs) == pairs


@pytest.mark.parametrize(
    ("value", "key", "shown"),
    [
        ("eps=__import__('os')", "not_a_literal", "eps=__import__('os')"),
        ("eps=1+1", "not_a_literal", "eps=1+1"),
        ("eps=", "not_a_literal", "eps="),
        ("eps=(1", "not_a_literal", "eps=(1"),
        ("eps=[" + "(" * 200, "not_a_literal", "eps=["),
        ("eps=" + "-" * 250 + "1", "not_a_literal", "eps=-"),
        ("eps=nan", "not_a_literal", "eps=nan"),
        ("eps=1e999", "not_a_number", "eps=1e999"),
        ("eps=2", "out_of_bounds", "eps=2"),
        ("eps=True", "not_a_number", "eps=True"),
        ("betas=(0.9, 1.5)", "out_of_bounds", "betas=(0.9, 1.5)"),
        ("betas=0.9", "not_a_tuple", "betas=0.9"),
        ("nesterov=1", "not_a_flag", "nesterov=1"),
        ("ns_steps=21", "out_of_bounds", "ns_steps=21"),
        ("ns_steps=2.5", "not_whole", "ns_steps=2.5"),
        ("adjust_lr_fn='other'", "not_a_choice", "adjust_lr_fn='other'"),
        ("eps=1e-8 eps=1e-7", "option_twice", "eps"),
        ("nesterov", "not_options", "nesterov"),
        ("True eps=1", "not_options", "True eps=1"),
        ("eps=1e-8" + " " * 300, "too_long", "eps=1e-8"),
        (["eps"], "not_options", "eps"),
        (None, "not_options", ""),  # the words differ by language
        (3, "not_options", "3"),
    ],
    ids=lambda value: ascii(value)[:24],
)
def test_options_that_do_not_fit_are_refused(value: object, key: str, shown: str) -> None:
    wrong = refusal(OPTIONS, value)
    assert wrong.key == key
    for sentence in sentences(wrong):
        assert shown in sentence and len(sentence) < 300


def test_full_width_characters_of_a_literal_stay() -> None:
    assert Options({}).read("mode='（全角，１）' n=2") == (("mode", "（全角，１）"), ("n", 2))


@pytest.mark.parametrize("value", [(1, 2), (("eps",),), (("eps", 1, 2),)], ids=ascii)
def test_options_that_are_no_pairs_are_refused(value: object) -> None:
    assert refusal(OPTIONS, value).key in ("not_options", "not_a_number", "not_a_literal")


def test_a_number_too_long_to_write_is_refused_in_options() -> None:
    assert refusal(OPTIONS, (("eps", 10**5000),)).key in ("not_options", "not_a_number", "not_a_literal")


def keyword_arguments(optimizer: str) -> set[str]:
    return set(inspect.signature(getattr(torch.optim, optimizer)).parameters)


@pytest.mark.parametrize("optimizer", sorted(set(OPTIMIZER_OPTIONS) - {FROZEN}))
def test_the_known_options_are_those_of_the_installed_torch(optimizer: str) -> None:
    assert set(OPTIMIZER_OPTIONS[optimizer]) == keyword_arguments(optimizer) - HAVE_FIELDS - HOW_NOT_WHAT
    assert len(set(OPTIMIZER_OPTIONS[optimizer])) == len(OPTIMIZER_OPTIONS[optimizer])


def test_the_classes_that_take_momentum_are_those_of_the_installed_torch() -> None:
    classes = set(OPTIMIZER_OPTIONS) - {FROZEN}
    assert set(MOMENTUM_OPTIMIZERS) == {name for name in classes if "momentum" in keyword_arguments(name)}


def test_a_frozen_group_takes_no_options() -> None:
    assert OPTIMIZER_OPTIONS[FROZEN] == ()


def known_options() -> Iterable[tuple[str, str]]:
    return [(optimizer, option) for optimizer, options in OPTIMIZER_OPTIONS.items() for option in options]


@pytest.mark.parametrize(("optimizer", "option"), known_options())
def test_torchs_own_defaults_pass(optimizer: str, option: str) -> None:
    default = inspect.signature(getattr(torch.optim, optimizer)).parameters[option].default
    none_means_left_out = default is None and option == "adjust_lr_fn"
    assert none_means_left_out or OPTION_RULES[option].read(default) == default


@pytest.mark.parametrize("choice", OPTION_RULES["adjust_lr_fn"].choices)  # type: ignore[attr-defined]
def test_torch_knows_every_choice_of_adjust_lr_fn_or_refuses_it_in_its_own_words(choice: str) -> None:
    matrices = Group(name="a", params=("*.weight",), optimizer="Muon", lr=0.01, options=(("adjust_lr_fn", choice),))
    rest = Group(name="b", params=("*",), optimizer="AdamW", lr=0.01)
    problems = check_experiment(Experiment(model="simple_cnn", dataset="shapes", groups=(matrices, rest))).problems
    try:
        torch.optim.Muon([torch.nn.Parameter(torch.ones(2, 2))], adjust_lr_fn=choice)
    except ValueError as error:  # the newest came after the oldest torch that will do
        assert [(each.key, each.values["reason"]) for each in problems] == [("torch_refuses", str(error))]
    else:
        assert not problems


def test_there_is_a_rule_for_every_option_and_no_other() -> None:
    assert set(OPTION_RULES) == {option for options in OPTIMIZER_OPTIONS.values() for option in options}


RULES: dict[str, Rule] = {
    "number": RATE,
    "whole": SIZE,
    "optional": Number(0, 1, optional=True),
    "pair": Number(0, 1, count=2),
    "choice": Choice(("Adam", "SGD")),
    "flag": Flag(),
    "text": Text(40),
    "words": Words(40),
    "globs": Globs(5, 20),
    "options": OPTIONS,
}
ANYTHING = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(),
    st.text("0123456789.e-+ _,=()[]'aeps"),
    st.lists(st.one_of(st.text(), st.floats(), st.none()), max_size=4),
    st.dictionaries(st.sampled_from(["en", "zh", "de"]), st.text(), max_size=3),
)


@pytest.mark.parametrize("name", RULES)
@given(value=ANYTHING)
def test_reading_what_was_read_changes_nothing(name: str, value: object) -> None:
    rule = RULES[name]
    try:
        once = rule.read(value)
    except Wrong as wrong:
        assert all(sentences(wrong))
        return
    assert rule.read(once) == once
    assert rule.read(rule.write(once)) == once


@pytest.mark.parametrize(
    ("value", "depth"),
    [
        ("", ""),
        (3, "3"),
        ("3", "3"),
        (" 2 - 5 ", "2-5"),
        ("4-", "4-"),
        ("stem", "stem"),
        ("head", "head"),
        ("7-7", "7-7"),
        ("９", "9"),
        ("０－1", "0-1"),
    ],
)
def test_depths_are_read_as_they_are_written(value: object, depth: str) -> None:
    assert Depth().read(value) == depth
    assert Depth().read(Depth().write(depth)) == depth


@pytest.mark.parametrize(
    "value", ["5-2", "-1", -1, "1.5", 1.5, "a", "1-2-3", "1234", True, None, ["1"], "heads", "３a", "1" * 10**6, "-"]
)
def test_what_is_no_depth_is_refused(value: object) -> None:
    assert refusal(Depth(), value).key == "not_a_depth"


@pytest.mark.parametrize("value", ["0,001", " 0,001 ", "0，001", "0。001", "０、001", "1,5e-3", "-0,1", ",5", "1,0E+2"])
def test_a_decimal_comma_is_answered_with_the_number_as_it_is_to_be_typed(value: str) -> None:
    wrong = refusal(RATE, value)
    assert wrong.key == "decimal_comma" and math.isfinite(float(wrong.values["point"]))
    english, chinese = sentences(wrong)
    assert "use a point" in english and "句点" in chinese
    assert wrong.values["point"] in english and wrong.values["point"] in chinese


@pytest.mark.parametrize(
    ("rule", "example"),
    [(Number(0.0, 1000.0), "0.001 (1e-3)"), (Number(0.01, 1.0), "0.5"), (Number(10, 600), "600"), (RATE, "0.001")],
)
def test_the_example_of_a_number_is_within_its_bounds(rule: Number, example: str) -> None:
    assert rule.read(example.split()[0]) == float(example.split()[0])
    assert all(f" {example}" in sentence for sentence in sentences(refusal(rule, "x")))


@pytest.mark.parametrize(("value", "number"), [("50%", "0.5"), ("0.1 %", "0.001"), (" 7.％ ", "0.07"), ("0%", "0")])
def test_a_percentage_is_answered_with_the_number_that_it_is(value: str, number: str) -> None:
    wrong = refusal(Number(0.01, 1.0), value)
    assert wrong.key == "number_in_percent"
    english, chinese = sentences(wrong)
    assert f"write {number}; allowed are 0.01 to 1" in english and f"请写成 {number}；" in chinese


@pytest.mark.parametrize("value", ["%", "x%", "-5%", "1%%", "nan%", "9" * 39 + "%"])
def test_other_percent_signs_are_no_numbers(value: str) -> None:
    assert refusal(RATE, value).key in ("not_a_number", "number_in_percent")
    assert refusal(SIZE, "50%").key == "not_whole"


@pytest.mark.parametrize("value", ["1,2,3", "a,1", "1,", "1 ,5", "0,0,1"])
def test_other_commas_are_no_decimal_commas(value: str) -> None:
    assert refusal(RATE, value).key == "not_a_number"


def test_a_whole_number_has_no_decimals() -> None:
    assert refusal(SIZE, "5,000").key == "not_whole"


@pytest.mark.parametrize("kind", [np.float16, np.float32, np.float64, np.longdouble, np.int8, np.uint64])
def test_numbers_of_numpy_are_numbers(kind: type) -> None:
    number = RATE.read(kind(1))
    assert (number, type(number)) == (1.0, float)


def test_whole_numbers_of_numpy_are_whole() -> None:
    number = SIZE.read(np.int64(300))
    assert (number, type(number)) == (300, int)


@pytest.mark.parametrize("value", [np.bool_(True), np.float32("nan"), np.float64("inf"), np.complex64(1), np.ones(1)])
def test_what_else_numpy_has_is_no_number(value: object) -> None:
    assert refusal(RATE, value).key == "not_a_number"
    assert refusal(SIZE, value).key == "not_whole"

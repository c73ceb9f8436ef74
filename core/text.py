"""Every word the page shows, English and Chinese side by side. Imports nothing of the project."""

from __future__ import annotations

import reprlib
from typing import Any

LANGUAGES = ("en", "zh")


class Shown(str):
    """Text that a sentence shows as it is, without quotes."""


def language_of(tag: object) -> str:
    """The page's language for a browser's language tag, such as "zh-CN" or "en-GB,en;q=0.9"."""
    return "zh" if str(tag).lower().startswith("zh") else "en"


def say(key: str, language: str = "en", /, **values: Any) -> str:
    """The sentence `key` in a language, filled with `values`; `value` is shown shortened, as typed."""
    if "value" in values:
        values["value"] = _shorten(values["value"])
    return TEXT[key][LANGUAGES.index(language)].format(**values)


def _shorten(value: object) -> str:
    if isinstance(value, Shown):
        return value if len(value) <= 60 else value[:57] + "..."
    try:
        return _short.repr(value)
    except ValueError:  # an integer of more than 4,300 digits
        return type(value).__name__


_short = reprlib.Repr()
_short.maxstring = _short.maxother = 60

TEXT: dict[str, tuple[str, str]] = {
    # What is wrong with a value: what it is, and what would be right.
    "not_a_number": (
        "{value} is not a number; write one from {low:g} to {high:g}, such as 0.001 or 1e-3",
        "{value} 不是数字；请填 {low:g} 到 {high:g} 之间的数，例如 0.001 或 1e-3",
    ),
    "not_whole": (
        "{value} is not a whole number; write one from {low} to {high}",
        "{value} 不是整数；请填 {low} 到 {high} 之间的整数",
    ),
    "out_of_bounds": (
        "{value} is out of bounds; allowed is {low:g} to {high:g}",
        "{value} 超出范围；允许 {low:g} 到 {high:g}",
    ),
    "not_a_tuple": (
        "{value} does not fit; write {count} numbers in brackets, such as (0.9, 0.95)",
        "{value} 不合适；请在括号内填 {count} 个数，例如 (0.9, 0.95)",
    ),
    "not_a_choice": ("{value} is not a choice; allowed are: {allowed}", "没有 {value} 这个选项；可选：{allowed}"),
    "not_a_flag": ("{value} is not a yes or no; allowed are: True, False", "{value} 不是真假值；可填：True、False"),
    "not_a_text": ("{value} is not a text", "{value} 不是文字"),
    "not_words": (
        "{value} does not fit; write a text, or one for each language: en and zh",
        "{value} 不合适；请填一段文字，或分别填 en 与 zh",
    ),
    "empty": ("this is empty; write a short text", "此处为空；请填写"),
    "too_long": ("{value} is too long; at most {most} characters", "{value} 太长；最多 {most} 个字符"),
    "control_characters": (
        "{value} holds invisible control characters; leave them out",
        "{value} 含有不可见的控制字符；请去掉",
    ),
    "no_globs": (
        "{value} names no parameters; write one or more patterns, such as conv1.* or *.bias",
        "{value} 没有指定参数；请填一个或多个通配模式，例如 conv1.* 或 *.bias",
    ),
    "too_many_globs": ("{count} patterns are too many; at most {most}", "{count} 个模式太多；最多 {most} 个"),
    "glob_with_space": (
        "the pattern {value} holds a space or comma; parameter names have none",
        "模式 {value} 含空格或逗号；参数名里没有这些字符",
    ),
    "not_options": (
        "{value} does not fit; write name=value pairs, such as betas=(0.9, 0.95) eps=1e-8",
        "{value} 不合适；请写成 名称=值，例如 betas=(0.9, 0.95) eps=1e-8",
    ),
    "not_a_literal": (
        "{value} has no readable value; write a number, True, False, a text in quotes, or numbers in brackets",
        "{value} 的值无法读取；请填数字、True、False、带引号的文字，或括号内的数字",
    ),
    "option_twice": ("{value} is given twice; keep one", "{value} 写了两次；请只留一个"),
    "option_not_taken": (
        "{optimizer} takes no option {value}; it takes: {allowed}",
        "{optimizer} 没有 {value} 这个选项；它接受：{allowed}",
    ),
    "momentum_not_taken": (
        "{optimizer} takes no momentum, so leave this empty; those that take it: {allowed}",
        "{optimizer} 不接受动量，请留空；接受动量的有：{allowed}",
    ),
    "unknown_field": ("there is no field {value}; known are: {allowed}", "没有 {value} 这个字段；已知字段：{allowed}"),
    "not_a_table": ("{value} is not a table of fields and values", "{value} 不是由字段和值组成的表"),
    "no_groups": ("there is no group; an experiment needs one at least", "没有参数组；实验至少需要一个"),
    "too_many_groups": ("{count} groups are too many; at most {most}", "{count} 个参数组太多；最多 {most} 个"),
    "all_frozen": (
        "every group is frozen, so nothing would train; choose an optimizer for one at least",
        "所有参数组都被冻结，没有可训练的参数；请至少为一组选择优化器",
    ),
    "duplicate_name": (
        "the name {value} is taken by group {row} already; names must differ",
        "名称 {value} 已被第 {row} 组使用；各组名称须不同",
    ),
    "batch_over_train_size": (
        "a batch of {value} is larger than the training set; at most {most}",
        "批大小 {value} 超过了训练集；最多 {most}",
    ),
    "batch_too_heavy": (
        "a batch of {value} images of {size} px is too heavy; at that size at most {most}",
        "每批 {value} 张 {size} 像素的图像太重；该尺寸下最多 {most} 张",
    ),
    "too_many_steps": (
        "that makes {value} steps; at most {most}: fewer epochs, fewer images or a larger batch",
        "这样共有 {value} 步；最多 {most} 步：请减少轮数或图像数，或增大批大小",
    ),
    "image_size_fixed": (
        "{model} takes images of 32 px only, not {value}: its fc1 has 32*8*8 inputs",
        "{model} 只接受 32 像素的图像，不能是 {value}：它的 fc1 有 32*8*8 个输入",
    ),
    "not_pretrained": (
        "there are no pre-trained weights for {model}; there are for: {allowed}",
        "{model} 没有预训练权重；有预训练权重的模型：{allowed}",
    ),
    "not_toml": ("this is no readable TOML: {reason}", "无法读取该 TOML：{reason}"),
    # Who is where.
    "glob_matches_nothing": (
        "the pattern {value} matches no parameter; some that do: {near}",
        "模式 {value} 没有匹配任何参数；能匹配的例如：{near}",
    ),
    "group_shadowed": (
        "this group gets nothing: all its patterns match was taken by {takers} above it",
        "该组没有得到参数：它匹配的参数都已被上面的 {takers} 取走",
    ),
    "role_matches_nothing": (
        "this group gets nothing: no parameter that matches {globs} has the role {value}",
        "该组没有得到参数：匹配 {globs} 的参数中没有角色为 {value} 的",
    ),
    "left_over": (
        "{count} trainable parameters are in no group and would never train: {names}",
        "有 {count} 个可训练参数不属于任何组，永远不会被训练：{names}",
    ),
    "muon_needs_matrices": (
        "Muon takes matrices and filters only, of 2 dimensions or more; these have fewer: {names}",
        "Muon 只接受二维及以上的矩阵或卷积核；这些参数维度不够：{names}",
    ),
    "torch_refuses": ("torch refuses these settings: {reason}", "torch 拒绝了这些设置：{reason}"),
}

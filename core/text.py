"""Every word the page shows, English and Chinese side by side. Imports nothing of the project."""

from __future__ import annotations

from string import Formatter
from typing import Any

LANGUAGES = ("en", "zh")
LEAST_PERCENT = 0.001  # that is told as a number, unless it is 0


class Shown(str):
    """Text that a sentence shows as it is, without quotes unless it holds what cannot be printed."""


def language_of(tag: object) -> str:
    """The page's language for a browser's language tag, such as "zh-CN" or "en-GB,en;q=0.9"."""
    return "zh" if str(tag).lower().startswith("zh") else "en"


def say(key: str, language: str = "en", /, **values: Any) -> str:
    """The sentence `key` in a language, filled with `values`; `value` is shown shortened, as typed."""
    if "value" in values:
        values["value"] = as_typed(values["value"], language)
    return FILLED.format(TEXT[key][LANGUAGES.index(language)], **values)


def percent(number: float, digits: int) -> str:
    """A number of percent to so many digits, without powers of ten."""
    if 0 < number < LEAST_PERCENT:
        return f"< {LEAST_PERCENT:g}"
    text = f"{number:.{digits}g}"
    return f"{number:,.0f}" if "e" in text or number >= 1000 else text


class _Filled(Formatter):
    """As str.format, with "p" for percent: `{share:.3p}`."""

    def format_field(self, value: Any, format_spec: str) -> Any:
        if format_spec.endswith("p"):
            return percent(value, int(format_spec[1:-1]))
        return super().format_field(value, format_spec)


FILLED = _Filled()


def as_typed(value: object, language: str = "en") -> str:
    """Any value from outside as a sentence may show it: short, printable, and without Python's signs for it."""
    if isinstance(value, Shown) and value.isprintable():
        return _shortened(value)
    if value is None or (isinstance(value, (str, list, tuple, dict)) and not value):
        return say("empty_value", language)
    if isinstance(value, str):
        return f"“{_shortened(_escaped(_shortened(value)))}”"
    if isinstance(value, dict):
        return say("a_mapping", language)
    if isinstance(value, list) or (isinstance(value, tuple) and not all(isinstance(n, (int, float)) for n in value)):
        inside = ["…" if isinstance(item, (list, tuple, dict)) else as_typed(item, language) for item in value[:4]]
        return f"[{', '.join(inside + ['…'] * (len(value) > 4))}]"
    try:
        return _shortened(repr(value))
    except ValueError:  # an integer of more than 4,300 digits
        return type(value).__name__


def _shortened(text: str) -> str:
    return text if len(text) <= 60 else text[:40] + "…" + text[-19:]


def _escaped(text: str) -> str:
    """What cannot be printed as its number, such as \\x00."""
    return "".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in text)


# What prints an optimizer's groups, and those of a saved state; without braces, which would be filled.
PRINT_GROUPS = """

```
import json; names = dict((p, n) for n, p in model.named_parameters())
print(json.dumps([g | dict(params=[names[p] for p in g["params"]]) for g in optimizer.param_groups], default=str))
```

```
import json; print(json.dumps(torch.load("optimizer.pt", map_location="cpu")["param_groups"], default=str))
```"""

TEXT: dict[str, tuple[str, str]] = {
    # What is wrong with a value: what it is, and what would be right.
    "not_a_number": (
        "{value} is not a number; write one from {low:g} to {high:g}, such as {example}",
        "{value} 不是数字；请填写 {low:g} 到 {high:g} 之间的数，例如 {example}",
    ),
    "number_in_percent": (
        "{value}: no percentages here, write {number:g}; allowed are {low:g} to {high:g}",
        "{value}：此处不用百分号，请写成 {number:g}；允许的范围是 {low:g} 到 {high:g}",
    ),
    "decimal_comma": ("{value}: use a point for decimals, as in {point}", "{value}：小数点请用英文句点，例如 {point}"),
    "empty_value": ("an empty value", "空值"),
    "a_mapping": ("a table of keys and values", "一个键值表"),
    "not_whole": (
        "{value} is not a whole number; write one from {low} to {high}",
        "{value} 不是整数；请填写 {low} 到 {high} 之间的整数",
    ),
    "out_of_bounds": (
        "{value} is out of bounds; allowed are {low:g} to {high:g}",
        "{value} 超出范围；允许的范围是 {low:g} 到 {high:g}",
    ),
    "not_a_tuple": (
        "{value} does not fit; write {count} numbers in brackets, such as (0.9, 0.95)",
        "{value} 格式不对；请在括号内填写 {count} 个数，例如 (0.9, 0.95)",
    ),
    "not_a_choice": ("{value} is not one of the choices: {allowed}", "{value} 不在可选项之中；可选：{allowed}"),
    "not_a_flag": ("{value} is neither True nor False", "{value} 不是真假值；请填 True 或 False"),
    "not_a_text": ("{value} is not a text", "{value} 不是文本"),
    "not_words": (
        "{value} does not fit; write a text, or one for each language: en and zh",
        "{value} 格式不对；请填写一段文字，或分别填写 en 与 zh",
    ),
    "empty": ("this is empty; write a short text", "此处为空；请填写内容"),
    "too_long": ("{value} is too long; at most {most} characters", "{value} 过长；最多 {most} 个字符"),
    "control_characters": (
        "{value} holds invisible control characters; remove them",
        "{value} 含有不可见的控制字符；请去掉",
    ),
    "no_globs": (
        "{value} names no parameters; write one or more patterns, such as conv1.* or *.bias",
        "{value} 没有指定任何参数；请填写一个或多个参数名匹配模式（glob），例如 conv1.* 或 *.bias",
    ),
    "too_many_globs": (
        "{count} patterns are too many; at most {most} are allowed",
        "{count} 个匹配模式太多；最多 {most} 个",
    ),
    "too_many_stars": (
        "the pattern {value} has too many stars; at most {most} are allowed",
        "匹配模式 {value} 的星号太多；最多 {most} 个",
    ),
    "glob_with_space": (
        "the pattern {value} contains a space or comma; parameter names have none",
        "匹配模式 {value} 含有空格或逗号；参数名中没有这些字符",
    ),
    "not_options": (
        "{value} does not fit; write name=value pairs, such as betas=(0.9, 0.95) eps=1e-8",
        "{value} 格式不对；请写成“名称=值”，例如 betas=(0.9, 0.95) eps=1e-8",
    ),
    "not_a_literal": (
        "{value}: this value cannot be read; write a number, True, False, a text in quotes, or numbers in brackets",
        "{value}：无法读取这个值；请填写数字、True、False、带引号的文字，或括号内的数字",
    ),
    "option_twice": ("{value} is given twice; keep one", "{value} 重复；请只保留一个"),
    "option_not_taken": (
        "{optimizer} has no option {value}; it has: {allowed}",
        "{optimizer} 没有选项 {value}；可用的选项：{allowed}",
    ),
    "decay_not_taken": ("{optimizer} has no weight decay: this must be 0", "{optimizer} 不支持权重衰减：此处必须为 0"),
    "two_eps": (
        "{optimizer} takes two eps, such as eps=(None, 0.001)",
        "{optimizer} 需要两个 eps，例如 eps=(None, 0.001)",
    ),
    "one_eps": ("{optimizer} takes one number as eps", "{optimizer} 的 eps 是一个数"),
    "lbfgs_not_taken": (
        "LBFGS computes the loss several times a step, by a function of its own, which a run here does not; there are: "
        "{allowed}",
        "LBFGS 每一步会通过闭包多次计算损失，这里的训练不支持；可用的有：{allowed}",
    ),
    "sparse_adam_not_taken": (
        "SparseAdam takes sparse gradients only, which no network here has; there are: {allowed}",
        "SparseAdam 只接受稀疏梯度，而这里的网络都没有；可用的有：{allowed}",
    ),
    "momentum_not_taken": (
        "{optimizer} has no momentum, so leave this empty; those that have one: {allowed}",
        "{optimizer} 不支持动量，请留空；支持动量的有：{allowed}",
    ),
    "unknown_field": (
        "there is no field {value}; the fields are: {allowed}",
        "没有 {value} 这个字段；可用的字段：{allowed}",
    ),
    "not_a_table": ("{value} is not a table of fields and values", "{value} 不是由字段和值组成的表"),
    "no_list_of_groups": (
        "{value} is not a list of groups; write groups=[Group(...), ...], or read plain values by "
        "Experiment.from_dict(...)",
        "{value} 不是参数组的列表；请写成 groups=[Group(...), ...]，或用 Experiment.from_dict(...) 读取字典",
    ),
    "not_a_group": (
        "{value} is not a group; write Group(...), or read plain values by Experiment.from_dict(...)",
        "{value} 不是参数组；请写成 Group(...)，或用 Experiment.from_dict(...) 读取字典",
    ),
    "groups_not_a_list": (
        "{value} is not a list of groups; a list has a table for each group: [{{…}}, {{…}}] in JSON, [[groups]] above "
        "each in TOML",
        "{value} 不是参数组的列表；列表中每个组各占一个表：JSON 写成 [{{…}}, {{…}}]，TOML 在每个组前写一行 [[groups]]",
    ),
    "no_groups": ("there is no group; an experiment needs at least one", "没有参数组；实验至少需要一个参数组"),
    "too_long_patterns": (
        "all patterns together have {count} characters; at most {most} are allowed",
        "所有匹配模式共 {count} 个字符；最多 {most} 个",
    ),
    "too_many_groups": (
        "{count} groups are too many; at most {most} are allowed",
        "{count} 个参数组太多；最多 {most} 个",
    ),
    "all_frozen": (
        "every group is frozen, so nothing would train; choose an optimizer for at least one",
        "所有参数组都已冻结，没有可训练的参数；请至少为一组选择优化器",
    ),
    "duplicate_name": (
        "group {row} has the name {value} already; names must differ",
        "名称 {value} 已被第 {row} 组使用；各组的名称不能相同",
    ),
    "batch_over_train_size": (
        "a batch of {value} is larger than the training set; at most {most}",
        "批大小 {value} 超过了训练图像数；最多 {most}",
    ),
    "batch_too_heavy": (
        "batches of {value} images of {size} px are too large to compute; at that size at most {most} images",
        "每批 {value} 张 {size} 像素的图像计算量过大；该尺寸下最多 {most} 张",
    ),
    "not_a_depth": (
        "{value} is not a depth; write a number, a range such as 2-5 or 4-, stem or head; empty means all",
        "{value} 不是深度；请填一个数字、2-5 或 4- 这样的范围、stem 或 head；留空表示全部",
    ),
    "too_many_points": (
        "{value} steps of {groups} groups are too many points for the charts; with so many groups at most {most} steps",
        "{groups} 个参数组共 {value} 步，图表容纳不下；参数组这么多时最多 {most} 步",
    ),
    "too_many_steps": (
        "that makes {value} steps, and {most} are the most; use fewer epochs, fewer images or a larger batch",
        "这样共有 {value} 步，上限为 {most} 步；请减少训练轮数或图像数，或增大批大小",
    ),
    # Models, data, memory and time.
    "unknown_name": ("there is no {value}; similar names: {near}", "没有 {value}；名称相近的有：{near}"),
    "image_size_refused": (
        "{model} does not take images of {value} px; sizes that it takes: {sizes} (torch says: {reason})",
        "{model} 不接受 {value} 像素的图像；可用的尺寸：{sizes}（torch 报错：{reason}）",
    ),
    "not_pretrained": (
        "there are no pre-trained weights for {model}; switch them off, or choose one of torchvision's models, "
        "such as resnet18",
        "{model} 没有预训练权重；请关闭此项，或选择 torchvision 的模型，例如 resnet18",
    ),
    "too_few_outputs": (
        "{model} has {count} outputs; this dataset needs one for each of its {classes} classes",
        "{model} 有 {count} 个输出；该数据集有 {classes} 个类别，每类需要一个输出",
    ),
    "too_few_images": (
        "{value} images are asked for, but there are only {most}",
        "需要 {value} 张图像，但只有 {most} 张",
    ),
    "none_held_out": (
        "{value} training images leave too few to judge learning rates by: {count} images that no run trains on are "
        "needed; use at most {most}",
        "训练用掉 {value} 张图像后，剩下的不足以评判学习率：需要 {count} 张不参与训练的图像；"
        "训练图像请最多用 {most} 张",
    ),
    "image_unreadable": (
        "one of its images cannot be read; the program's log names the file",
        "其中一张图像无法读取；文件名见程序日志",
    ),
    "batch_over_memory": (
        "a batch of {value} needs about {need:.1f} GB of memory, and {free:.1f} GB are free; at most {most} images fit",
        "批大小 {value} 约需 {need:.1f} GB 内存，而可用内存只有 {free:.1f} GB；批大小最多 {most}",
    ),
    "model_over_memory": (
        "training {model} needs at least {need:.1f} GB of memory, and {free:.1f} GB are free; choose a smaller model, "
        "smaller images or fewer of them, or freeze a part",
        "训练 {model} 至少需要 {need:.1f} GB 内存，而可用内存只有 {free:.1f} GB；请换用更小的模型，"
        "减小图像尺寸或图像数，或冻结一部分",
    ),
    "too_long_as_seen": (
        "runs with such steps were seen here, and by them this one would take about {minutes:.3g} minutes; the limit "
        "is {limit:.3g}. Use fewer epochs, fewer or smaller images, or a smaller model",
        "按此处同类运行的实测，这次运行约需 {minutes:.3g} 分钟；上限为 {limit:.3g} 分钟。请减少训练轮数，"
        "减少或缩小图像，或换用更小的模型",
    ),
    "too_long_run": (
        "this run would take about {minutes:.3g} minutes or more, by its own first steps; the limit is {limit:.3g}. "
        "Use fewer epochs, fewer or smaller images, or a smaller model",
        "按最初几步估计，这次运行至少约需 {minutes:.3g} 分钟；上限为 {limit:.3g} 分钟。请减少训练轮数，"
        "减少或缩小图像，或换用更小的模型",
    ),
    "too_long_step": (
        "one step would take about {seconds:.3g} seconds here, by its own first images; at most {most:.3g} are allowed "
        "so that Stop is obeyed at once. Use fewer images a batch, smaller images, or a smaller model",
        "按最初的图像实测，这里每一步约需 {seconds:.3g} 秒；为了能随时停止，上限为 {most:.3g} 秒。请减小批大小，"
        "缩小图像，或换用更小的模型",
    ),
    # What the person who starts the app brings along.
    "help_data_dir": (
        "where CIFAR-10 is or will be kept; or a folder of your own images, train/<class>/... and test/<class>/..., "
        "on this machine only",
        "CIFAR-10 的存放位置；或您自己的图像文件夹：train/<类别>/... 与 test/<类别>/...，仅限本机使用",
    ),
    "help_model": (
        "your own network: package.module:function, a function that returns it, on this machine only",
        "您自己的网络：package.module:function，即返回该网络的函数，仅限本机使用",
    ),
    "own_model_name": (
        "--model {value}: write package.module:function, a function that returns a network",
        "--model {value}：请写成 package.module:function，即一个返回网络的函数",
    ),
    "own_model_raises": ("--model {value}: {reason}", "--model {value}：{reason}"),
    "own_model_type": (
        "--model {value}: the function returned a {kind}, not a torch.nn.Module",
        "--model {value}：函数返回的是 {kind}，而不是 torch.nn.Module",
    ),
    "own_model_made": (
        "--model {value}: this is a network already, a {kind}; name a function that makes and returns it",
        "--model {value}：这已经是一个网络（{kind}）；请给出新建并返回该网络的函数",
    ),
    "own_model_lazy": (
        "--model {value}: the network's lazy layers have no shape yet; give each the number of its inputs",
        "--model {value}：网络中的惰性层还没有形状；请给出每层的输入数",
    ),
    "own_model_outputs": (
        "--model {value}: no batch of two images of {sizes} px gave two rows of {classes} outputs or more; the first "
        "answer: {reason}. Right is a tensor (2, {classes}), or an object with one as its .logits",
        "--model {value}：两张 {sizes} 像素的图像都没有得到两行、每行不少于 {classes} 个输出（第一次的结果：{reason}）"
        "。应返回形状为 (2, {classes}) 的张量，或在 .logits 中给出该张量的对象",
    ),
    "own_model_kept": (
        "--model {value}: the function returns the same network at every call, and it cannot be copied ({reason}); "
        "make a new one at every call",
        "--model {value}：该函数每次都返回同一个网络，而它无法复制（{reason}）；请让函数每次都新建一个网络",
    ),
    "own_model_fails": (
        "the function {value} raised an error; see the program's log",
        "函数 {value} 出错；详见程序日志",
    ),
    "own_images_name": (
        "--data-dir: a folder of images cannot be called {value}; give it another name",
        "--data-dir：图像文件夹不能叫 {value}；请换一个名称",
    ),
    "own_images_broken": (
        "--data-dir {value}: images are looked for as train/<class>/... and test/<class>/...: {reason}",
        "--data-dir {value}：图像应放在 train/<类别>/... 与 test/<类别>/... 中：{reason}",
    ),
    "own_images_unsplit": (
        "--data-dir {value}: {found} is an image; images are looked for as train/<class>/... and test/<class>/..., and "
        "there is neither train nor test",
        "--data-dir {value}：{found} 是图像；图像应放在 train/<类别>/... 与 test/<类别>/... 中，"
        "而这里既没有 train 也没有 test",
    ),
    "own_images_classes": (
        "--data-dir {value}: {count} classes; allowed are {low} to {high}",
        "--data-dir {value}：有 {count} 个类别；允许 {low} 到 {high} 个",
    ),
    "own_images_deep": (
        "--data-dir: {value} has more than 8 bits per pixel and would turn white; save it with 8",
        "--data-dir：{value} 的灰度超过 8 位，读入后会变成一片白色；请另存为 8 位图像",
    ),
    "own_images_unreadable": (
        "--data-dir: {value} is not an image that can be read",
        "--data-dir：{value} 不是可读取的图像",
    ),
    "start_port": (
        "--port (or GRADIO_SERVER_PORT) is {value}; give a whole number from 1 to {most}",
        "--port（或 GRADIO_SERVER_PORT）为 {value}；请填 1 到 {most} 之间的整数",
    ),
    "start_port_taken": (
        "port {port} is in use; choose another with --port, or leave it out",
        "端口 {port} 已被占用；请用 --port 另选一个，或不指定端口",
    ),
    "start_not_allowed": (
        "port {port} may not be used by this user; choose one from 1024 on with --port",
        "当前用户无权使用端口 {port}；请用 --port 选择 1024 及以上的端口",
    ),
    "start_host": (
        "--host {value}: this name is not known here; give an address of this machine, such as 127.0.0.1",
        "--host {value}：无法解析该名称；请填写本机地址，例如 127.0.0.1",
    ),
    "start_not_here": (
        "--host {host}: this is no address of this machine; 0.0.0.0 stands for all that it has",
        "--host {host}：这不是本机的地址；0.0.0.0 表示本机的所有地址",
    ),
    "start_elsewhere": ("--host {host}: {reason}", "--host {host}：{reason}"),
    "start_no_folder": (
        "No folder on this machine can be written to: let TMPDIR name one that can.",
        "本机没有可写入的文件夹：请将 TMPDIR 设为一个可写入的文件夹。",
    ),
    "own_only_local": (
        "your own model, folder of images or recording is for this machine alone: leave out --share, and let --host be "
        "127.0.0.1",
        "自己的模型、图像文件夹或训练记录只能在本机使用：请去掉 --share，并将 --host 设为 127.0.0.1",
    ),
    "not_toml": ("this TOML cannot be read: {reason}", "无法读取该 TOML：{reason}"),
    "not_json": ("this JSON cannot be read: {reason}", "无法读取该 JSON：{reason}"),
    "not_utf8": ("this is not UTF-8 text; save it as a UTF-8 text file", "这不是 UTF-8 文本；请另存为 UTF-8 文本文件"),
    "file_empty": ("it is empty; give an experiment as JSON or TOML", "内容为空；请提供 JSON 或 TOML 格式的实验"),
    "file_too_large": (
        "this is larger than {most} kB, the most that can be read",
        "内容超过 {most} kB，这是可读取的上限",
    ),
    "pasted_layers": (
        "this is what print(model) writes: layers, without the names and shapes of their parameters; run “{line}” and "
        "paste what that prints",
        "这是 print(model) 的输出：只有各层，没有参数的名称与形状；请运行 “{line}”，并粘贴其输出",
    ),
    "pasted_names": (
        "these are names alone, as state_dict().keys() has them; the shapes are needed too: run “{line}” and paste "
        "what it prints",
        "这里只有名称（如 state_dict().keys() 的输出），还需要形状：请运行 “{line}”，并粘贴其输出",
    ),
    "pasted_optimizer": (
        "this is an optimizer, printed or saved: it has settings, but no names of parameters. Paste it under "
        "“Differences” to compare it; here paste the network, which “{line}” prints",
        "这是打印或保存的优化器：有设置，但没有参数名。要比较它，请粘贴到“分组差异”；"
        "在这里请粘贴网络，即 “{line}” 的输出",
    ),
    "pasted_values": (
        "these are the values of the weights; only names and shapes are needed: run “{line}” and paste what it prints",
        "这是权重的数值，这里只需要名称与形状：请运行 “{line}”，并粘贴其输出",
    ),
    "pasted_code": (
        "this is code, which is not run here: paste what your Python gives for “core.experiment.Experiment."
        "from_optimizer(model, optimizer).to_toml()”, or for “{line}”, which is the network",
        "这是代码，这里不会运行：请粘贴 Python 中 “core.experiment.Experiment.from_optimizer(model, optimizer)"
        ".to_toml()” 的结果，或网络，即 “{line}” 的输出",
    ),
    "pasted_unknown": (
        "this is nothing that can be read here: an experiment as JSON or TOML, a link, a recording, or a network, "
        "which “{line}” prints",
        "这里无法读取此内容；可以粘贴 JSON 或 TOML 格式的实验、链接、训练记录，或网络，即 “{line}” 的输出",
    ),
    "pasted_groups": (
        'these are groups without the experiment around them: paste {{"groups": [...]}} with this list in it, each '
        'group with a "name" and, as "params", patterns of names such as ["head.*"]; to compare an optimizer\'s '
        "groups, paste them under “Differences”",
        '这只是参数组，外面缺少实验：请把这个列表放进 {{"groups": [...]}} 再粘贴，每组要有 "name"，'
        '"params" 是参数名的模式，如 ["head.*"]；要比较优化器的参数组，请粘贴到“分组差异”',
    ),
    # Optimizers that were built elsewhere.
    "not_a_network": (
        "{value} is not a network; give the network first, then its optimizers",
        "{value} 不是网络；请先给出网络，再给出它的优化器",
    ),
    "no_network_at_hand": (
        "{value} is not a network; give the experiment first, then the network, a torch.nn.Module",
        "{value} 不是网络；请先给出实验，再给出网络（torch.nn.Module）",
    ),
    "not_an_experiment": (
        "{value} is not an experiment; Experiment.from_optimizer(network, optimizer) makes one, and "
        "Experiment.from_dict(values) reads one from plain values",
        "{value} 不是实验；可用 Experiment.from_optimizer(network, optimizer) 得到实验，"
        "或用 Experiment.from_dict(values) 从字典读取",
    ),
    "no_parameters": (
        "{value} has no parameters, so there is nothing to put into groups",
        "{value} 没有参数，无可分组",
    ),
    "not_an_optimizer": (
        "{value} is not an optimizer; give one, or several in a list, or a list of dicts with params",
        "{value} 不是优化器；请给出一个优化器、多个优化器的列表，或由带 params 的字典组成的列表",
    ),
    "only_schedulers": (
        "{value}: a scheduler is no optimizer; give the optimizer whose learning rate it changes",
        "{value}：学习率调度器不是优化器；请给出它所调度的优化器",
    ),
    "not_a_parameter": (
        "{value} is not a parameter; params takes the network's own, as model.parameters() gives them",
        "{value} 不是参数；params 应为网络自己的参数，例如 model.parameters()",
    ),
    "group_empty": (
        "group {row} has no parameters (a generator used up?); in no group: {names}",
        "第 {row} 组没有参数（生成器已被用完？）；不在任何组中的参数：{names}",
    ),
    "names_too_alike": (
        "no pattern tells the name {value} from those of later groups; rename one of the modules",
        "没有模式能把名称 {value} 与后面各组的名称区分开；请给其中一个模块改名",
    ),
    "not_the_models": (
        "it has parameters that are not the model's, of shape {value}; was the optimizer made for another model?",
        "其中有不属于该模型的参数，形状为 {value}；这个优化器是否为另一个模型而建？",
    ),
    "parameter_twice": (
        "{value} is in group {row} already; it would be updated twice: keep it in one group of one optimizer",
        "{value} 已在第 {row} 组中，会被更新两次；请只在一个优化器的一个组中保留它",
    ),
    "not_trained_here": (
        "runs here cannot use the class {value}; which group each parameter is in, the warnings and the code of the "
        "optimizers are there all the same. To train, choose one of: {allowed}",
        "这里无法用 {value} 训练；参数归属、提示和优化器代码仍可查看。要训练，请改选：{allowed}",
    ),
    "no_optimizer_known": (
        "which optimizer this group has is not known, as a list of dicts names none, and a class inside a function "
        "has no path; which group each parameter is in can be seen all the same. To train, choose one of: {allowed}",
        "不知道这一组用哪种优化器：字典列表中没有写明，或其类定义在函数内部、没有可导入的路径；参数归属仍可查看。"
        "要训练，请选择：{allowed}",
    ),
    "model_unknown": (
        "this network is not known here, so no run can build it: choose one from the menu, or start the app with "
        "--model. In Python, assign and to_optimizers take the network itself",
        "这里不认识该网络，无法构建并训练：请在菜单中选择，或用 --model 启动程序。在 Python 中，"
        "assign 和 to_optimizers 可直接使用网络本身",
    ),
    "structure_not_trained": (
        "{value} is known by its names and shapes only, so it cannot be trained here; which group each parameter is "
        "in, the cautions, what torch uses, the code and links are all there. Roles are inferred where the class of a "
        "layer is not told",
        "这里只知道 {value} 的参数名和形状，因此不能训练它；参数归属、提示、torch 实际采用的值、代码和链接都照常可用。"
        "未注明所属层的类时，角色是由名称和形状推断的",
    ),
    "structure": ("names and shapes", "名称与形状"),
    "structure_lines": ("{count} lines", "{count} 行"),
    "structure_empty": (
        "there is no parameter in this text: paste what “for n, p in model.named_parameters(): print(n, "
        "tuple(p.shape))” prints, or JSON of names and shapes",
        "这段文字里没有参数：请粘贴 “for n, p in model.named_parameters(): print(n, tuple(p.shape))” 的输出，"
        "或名称与形状的 JSON",
    ),
    "structure_line": (
        "line {line}, {value}, is no name with its shape, as “encoder.weight 768 768” or “encoder.weight (768, 768)”",
        "第 {line} 行 {value} 不是名称加形状，应形如 “encoder.weight 768 768” 或 “encoder.weight (768, 768)”",
    ),
    "structure_counts": (
        "{value} has one number, {count:,}, as all parameters here have at most: these look like counts of elements "
        "(p.numel()), not shapes; run “{line}” where the network is, and paste what it prints",
        "{value} 后面只有一个数 {count:,}，其他参数也不多于一个：这看起来是元素个数（p.numel()），不是形状；"
        "请在网络所在之处运行 “{line}”，并粘贴其输出",
    ),
    "structure_name": (
        "{value} is no parameter's name: parts with dots between them, without spaces, braces or =, and at most {most} "
        "characters in all",
        "{value} 不是参数名：应由句点分隔的各段组成，不含空格、花括号和 =，总长不超过 {most} 个字符",
    ),
    "structure_shape": (
        "{value} has no shape that a tensor can have ({shape}): up to 8 whole numbers from 0 up, such as 768 768",
        "{value} 的形状（{shape}）不是张量的形状：应为至多 8 个不小于 0 的整数，如 768 768",
    ),
    "structure_twice": ("{value} stands here twice", "{value} 出现了两次"),
    "structure_module_and_tensor": (
        "{value} is a parameter here, and a module with parameters too: one of both names is wrong",
        "{value} 在这里既是参数，又是含有参数的模块：两者之中有一个名称写错了",
    ),
    "structure_too_many": (
        "a network of more than {most:,} parameters and buffers is more than this page can show",
        "参数与缓冲区超过 {most:,} 个的网络，此页无法显示",
    ),
    "structure_too_many_patterns": (
        "{value} patterns over {count:,} tensors are more than this page compares: at most {most} here (a layer decay "
        "counts for 10 more)",
        "{value} 个模式对 {count:,} 个张量，超出了此页的比较能力：这里最多 {most} 个（层间学习率衰减另计 10 个）",
    ),
    "structure_too_long": ("names and shapes of more than {most} MB are not read", "不读取超过 {most} MB 的名称与形状"),
    "structure_pickle": (
        "this is a pickle, which could run code and is never opened: run “{line}” where the network is, and paste what "
        "it prints",
        "这是 pickle 文件，可能执行代码，因此从不打开：请在网络所在之处运行 “{line}”，并粘贴其输出",
    ),
    "structure_no_json": ("this begins like JSON but is none: {reason}", "开头像 JSON，但不是 JSON：{reason}"),
    "structure_no_shapes": (
        'this JSON holds no names and shapes: it should be like {{"encoder.weight": [768, 768]}}, or the header of a '
        ".safetensors file",
        '这段 JSON 不含名称与形状：应形如 {{"encoder.weight": [768, 768]}}，或为 .safetensors 文件的文件头',
    ),
    "structure_no_header": (
        "{value} is not here as a whole: its download was cut off, or it is a pointer of Git LFS in the file's place; "
        "run “git lfs pull”, or download it again",
        "{value} 不完整：下载中断，或只是 Git LFS 的指针文件；请运行 “git lfs pull” 或重新下载",
    ),
    "structure_shards": (
        "{count} parameters of the index are in files that are not here: {files} (and {more} more); drop them together "
        "with it",
        "索引中有 {count} 个参数位于未提供的文件里：{files}（另有 {more} 个）；请把它们与索引一起拖入",
    ),
    "structure_parts": (
        "{count} of {most} files of this network are here: drop all of them together",
        "该网络共有 {most} 个文件，这里只有 {count} 个：请把它们一起拖入",
    ),
    # What was read from somebody's optimizers, but not as it stood there.
    "read_network_unknown": (
        "The network is not one of the menu's, so the experiment's model is “unknown”; if it is, pass model=...",
        "该网络不在菜单中，因此实验的 model 为 “unknown”；若其实在菜单中，请传入 model=...",
    ),
    "read_outputs": (
        "The network is {model} with {count} outputs; runs here give it a new last layer for the dataset's classes.",
        "该网络是 {model}，有 {count} 个输出；在这里运行时，会按数据集的类别数换上新的最后一层。",
    ),
    "read_empty": (
        "Group {row} has no parameters, and the other groups have all that train; it is left out.",
        "第 {row} 组没有参数，而所有要训练的参数都在其他组中；已略去该组。",
    ),
    "read_frozen": (
        "{count} parameters of an optimizer have requires_grad=False and do not train; they were read as frozen: "
        "{names}",
        "优化器中有 {count} 个参数的 requires_grad=False，不会被训练；已按冻结读取：{names}",
    ),
    "read_keys": (
        "{optimizer} does not read these keys of its groups, so they are left out: {names}. If a scheduler multiplies "
        "lr by one of them, as timm's do with lr_scale, write the product as the group's lr.",
        "{optimizer} 不读取参数组中的这些键，此处略去：{names}。若调度器会用其中某个键乘以 lr（如 timm 的 lr_scale），"
        "请把乘积写成该组的 lr。",
    ),
    "read_value": (
        "Group {row} has {name} = {value}, which cannot be expressed here; it is left out.",
        "第 {row} 组的 {name} = {value} 在这里无法表示，已略去。",
    ),
    "read_no_path": (
        "{value} cannot be imported by a short path, as it stands inside a function or a class or its path is over 100 "
        "characters; the optimizer of its groups is “unknown”.",
        "{value} 无法通过简短的路径导入（定义在函数或类的内部，或路径超过 100 个字符）；"
        "其参数组的优化器记为 “unknown”。",
    ),
    "read_no_rate": (
        "No learning rate is given for {count} of the groups; {lr:g} is put in its place.",
        "有 {count} 个组没有写学习率，暂以 {lr:g} 代替。",
    ),
    "read_wrapper": (
        "{optimizer} is wrapped by {value}; what the wrapper does to the steps is not read.",
        "{optimizer} 外面包着 {value}；包装器对更新所做的处理没有读取。",
    ),
    "read_merged": (
        "{count} groups are more than the {most} that fit, so those with equal settings were merged.",
        "{count} 个组超过了上限 {most} 个，因此合并了设置相同的组。",
    ),
    # Links.
    "link_unreadable": (
        "this link cannot be read; perhaps it was cut off when it was copied: ask for it again",
        "无法读取此链接；可能在复制时被截断，请重新索取",
    ),
    "link_too_long": (
        "this link is too long to be read: {count} characters, at most {most} are allowed",
        "此链接太长，无法读取：{count} 个字符，最多 {most} 个",
    ),
    "link_version": (
        "this link has version {value}, and only version {known} can be read here; ask for a new link",
        "此链接的版本为 {value}，这里只能读取版本 {known}；请索取新的链接",
    ),
    "link_without_experiment": (
        "this address holds no experiment: a link to one, which “Copy link” makes, has it behind “{name}”; paste the "
        "whole link",
        "此地址中没有实验：由“复制链接”生成的链接在 “{name}” 之后带有实验内容；请粘贴完整的链接",
    ),
    "too_long_for_link": (
        "the experiment is too long for a link: {count} characters, at most {most} fit; download it as TOML instead",
        "实验太长，放不进链接：{count} 个字符，最多 {most} 个；请改为下载 TOML",
    ),
    # Who is where.
    "glob_matches_nothing": (
        "the pattern {value} matches no parameter; some that do: {near}",
        "匹配模式 {value} 没有匹配到任何参数；能匹配到的例如：{near}",
    ),
    "group_shadowed": (
        "this group gets nothing: groups above it take all that its patterns match: {takers}",
        "该组没有得到参数：它匹配的参数都已归入上面的组：{takers}",
    ),
    "role_matches_nothing": (
        "this group gets nothing: no parameter that matches {globs} has the role or shape {value}",
        "该组没有得到参数：匹配 {globs} 的参数中没有角色或形状为 {value} 的",
    ),
    "depth_not_there": (
        "this group gets nothing: the network has no depth {value}; its depths are 0 (stem) to {deepest} (head)",
        "该组没有得到参数：网络没有深度 {value}；深度从 0（stem）到 {deepest}（head）",
    ),
    "depth_matches_nothing": (
        "this group gets nothing: what its patterns match is not at depth {value}, but at {found}",
        "该组没有得到参数：它匹配的参数不在深度 {value}，而在 {found}",
    ),
    "left_over": (
        "{count} trainable parameters are in no group and would never train: {names}",
        "有 {count} 个可训练参数不属于任何组，将永远得不到训练：{names}",
    ),
    "came_frozen_all": (
        "nothing would train in the first epoch: the network comes with requires_grad=False for all that would; "
        "switch it on in the network's own code",
        "第一轮没有任何参数会训练：网络把本应训练的参数都设成了 requires_grad=False；请在网络自己的代码中打开",
    ),
    "muon_needs_matrices": (
        "Muon takes only matrices and filters, of 2 dimensions or more; these have fewer: {names}",
        "Muon 只接受二维及以上的矩阵或卷积核；这些参数维度不够：{names}",
    ),
    "torch_refuses": ("torch refuses these settings: {reason}", "torch 拒绝了这些设置：{reason}"),
    # What a run says.
    "status_ready": ("Ready.", "就绪。"),
    "status_preparing": ("Preparing images and model …", "正在准备图像和模型……"),
    "status_waiting": (
        "Waiting in line: {place} ahead of you. One run computes at a time.",
        "排队中：前面还有 {place} 个。每次只计算一个实验。",
    ),
    "status_weights": (
        "Downloading pre-trained weights: {done:.0f} of {total:.0f} MB",
        "正在下载预训练权重：{done:.0f} / {total:.0f} MB",
    ),
    "status_frozen": (
        "The frozen part, once for all epochs: {done} of {total} images",
        "冻结部分（所有轮只算一次）：{done} / {total} 张图像",
    ),
    "status_evaluating": ("Testing: {done} of {total} images", "正在测试：{done} / {total} 张图像"),
    "status_training": (
        "Step {step} of {total} · {speed:.1f} steps/s · about {left:.0f} s left · test accuracy {accuracy}",
        "第 {step} / {total} 步 · 每秒 {speed:.1f} 步 · 约剩 {left:.0f} 秒 · 测试准确率 {accuracy}",
    ),
    "finished_done": (
        "Finished: {step} steps in {seconds:.1f} s. Test accuracy {accuracy}.",
        "完成：{step} 步，用时 {seconds:.1f} 秒。测试准确率 {accuracy}。",
    ),
    "recorded": ("Recorded: {step:,} steps in {seconds:.1f} s.", "已记录：{step:,} 步，用时 {seconds:.1f} 秒。"),
    "recorded_so_far": ("Recorded so far: {step:,} steps.", "目前已记录 {step:,} 步。"),
    "finished_stopped": (
        "Stopped as you asked, after {step} of {total} steps. What was measured stays on the page.",
        "已按要求停止，完成 {step} / {total} 步。已测得的结果保留在页面上。",
    ),
    "finished_non_finite": (
        "Stopped at step {step}: a loss or an update is no longer a finite number.",
        "在第 {step} 步停止：损失或更新量出现了 NaN 或无穷大。",
    ),
    "finished_time_limit": (
        "Stopped after {seconds:.0f} s, the longest a run may take ({step} of {total} steps). What was measured stays "
        "on the page.",
        "运行 {seconds:.0f} 秒后停止，已达时间上限（{step} / {total} 步）。已测得的结果保留在页面上。",
    ),
    "line_full": (
        "Too many runs are waiting. Please try again in a minute; nothing you typed is lost.",
        "等待的实验太多，请一分钟后再试；您填写的内容不会丢失。",
    ),
    "already_runs": (
        "You already have a run that waits or computes. Stop it, or wait for its end; then start this one.",
        "您已有一个正在等待或运行的任务。请先停止它，或等它结束，再启动这一个。",
    ),
    "too_many_calls": (
        "Too many of your calls are waiting for their answers; read these first.",
        "您有太多调用尚未返回结果；请先读取已有的结果。",
    ),
    "nobody_reads": (
        "Not begun: nobody opened the stream of this call within 5 seconds.",
        "未开始：5 秒内没有人打开此次调用的数据流。",
    ),
    "dataset_missing": (
        "CIFAR-10 is not here yet. Wait for the download, or choose the dataset “shapes”.",
        "CIFAR-10 还没有准备好。请等待下载完成，或选择数据集“shapes”。",
    ),
    "run_ended": (
        "The run could not go on. Please try again; nothing you typed is lost.",
        "运行无法继续。请重试；您填写的内容不会丢失。",
    ),
    "out_of_memory": (
        "The device ran out of memory, so the run has ended. Lower the batch size or the image size, or choose a "
        "smaller model; nothing you typed is lost.",
        "设备内存不足，运行已结束。请减小批大小或图像尺寸，或换用更小的模型；您填写的内容不会丢失。",
    ),
    "run_failed": (
        "The run failed: {reason}. Smaller images or batches may help; nothing you typed is lost.",
        "运行失败：{reason}。减小图像或批大小或许有用；您填写的内容不会丢失。",
    ),
    # Whether the frozen beginning of the network is computed once.
    "frozen_part_once": (
        "From epoch {epoch}: the frozen part was computed once for all {images:,} images ({megabytes:,.0f} MB kept), "
        "the rest in every step.",
        "从第 {epoch} 轮起：冻结部分对全部 {images:,} 张图像只计算一次（缓存 {megabytes:,.0f} MB），"
        "其余部分每步都计算。",
    ),
    "frozen_part_each_step": (
        "From epoch {epoch}: the frozen part is computed anew in every step, because {reason}.",
        "从第 {epoch} 轮起：冻结部分每步都重新计算，因为{reason}。",
    ),
    "frozen_part_norms_drift": (
        "its normalisation layers are in train mode, so its outputs change",
        "其归一化层处于 train 模式，输出会变",
    ),
    "frozen_part_one_epoch": ("it would be used for one epoch only", "只会用于一轮"),
    "frozen_part_not_traced": ("torch.fx cannot split this network", "torch.fx 无法切分这个网络"),
    "frozen_part_too_large": (
        "its outputs for all images would take {gigabytes:.1f} GB",
        "对全部图像的输出将占 {gigabytes:.1f} GB",
    ),
    "frozen_part_hooks": ("hooks are registered on the network", "网络上注册了钩子（hook）"),
    "frozen_part_keeps_state": (
        "it keeps something from one batch to the next",
        "它会把某些状态从一个批次带到下一个批次",
    ),
    "frozen_part_differs": (
        "computed apart it gives other numbers with this batch size, if only in the last bits",
        "在此批大小下，单独计算得到的数值不同，哪怕只差最后几位",
    ),
    "made_with": (
        "**{model}**, {weights} weights, on **{dataset}** ({train} training and {test} test images, "
        "{size} px), seed {seed}, computed on **{device}**.",
        "**{model}**，{weights}权重，数据为 **{dataset}**（{train} 张训练图像、{test} 张测试图像，"
        "{size} 像素），随机种子 {seed}，在 **{device}** 上计算。",
    ),
    "weights_random": ("random", "随机"),
    "weights_pretrained": ("pre-trained", "预训练"),
    "not_groups": (
        "these groups cannot be read: {reason}; the lines below print them so that they can be",
        "无法读取这些参数组：{reason}；请用下面的代码打印",
    ),
    "change_moved": ("{what} was in {before} and is in {after}", "{what} 原在 {before}，现在 {after}"),
    "change_new": ("{what} is new, in {after}", "{what} 是新增的，在 {after}"),
    "change_gone": ("{what} is in no group any more; it was in {before}", "{what} 不再属于任何组，原在 {before}"),
    "change_twice": (
        "{what} is in {before} and in {after}: torch refuses that",
        "{what} 同时在 {before} 和 {after}：torch 会拒绝",
    ),
    "change_setting": ("{what}: {before} → {after}", "{what}：{before} → {after}"),
    "change_setting_new": ("{what} is new: {after}", "{what} 是新增的：{after}"),
    "change_setting_gone": ("{what} is not there any more; it was {before}", "{what} 已不存在，原为 {before}"),
    "change_group_new": ("the group “{what}” is new", "参数组“{what}”是新增的"),
    "change_group_gone": ("the group “{what}” is not there any more", "参数组“{what}”已不存在"),
    "watch_waits": ("Waiting for the recording to begin.", "正在等待记录开始。"),
    "watch_goes_on": ("Recording: step {step:,}.", "正在记录：第 {step:,} 步。"),
    "help_watch": (
        "follow a recording of your own training, run.jsonl, while record_groups.py writes it",
        "跟随 record_groups.py 正在写入的训练记录 run.jsonl",
    ),
    "made_elsewhere": (
        "A run of your own, opened from its file; only what was recorded is shown.",
        "从文件打开的自己的训练记录；只显示记录下来的内容。",
    ),
    "recording_start": (
        "this is no recording: its first line should be the “Started” that record_groups.py or a download here writes",
        "这不是训练记录：第一行应为 record_groups.py 或此处下载所写的 “Started”",
    ),
    "recording_line": ("line {line} of the recording cannot be read: {reason}", "无法读取记录的第 {line} 行：{reason}"),
    "recording_format": (
        "this recording has format {value}, and {known} is known here: save it anew with the record_groups.py of this "
        "page",
        "该记录的格式为 {value}，这里只认识 {known}：请用本页的 record_groups.py 重新记录",
    ),
    "recording_order": ("the steps of the recording do not go up", "记录中的步数不是递增的"),
    "recording_long": (
        "a recording of more than {most:,} lines is not read: record more seldom (every=...)",
        "不读取超过 {most:,} 行的记录：请降低记录频率（every=...）",
    ),
    "recording_large": (
        "more than {most} MB of a recording are not followed: record more seldom (every=...)",
        "最多跟随 {most} MB 的记录：请降低记录频率（every=...）",
    ),
    "recording_closed": ("the recording cannot be read: {reason}", "无法读取该记录：{reason}"),
    "recording_opened": (
        "Opened: a run of {steps:,} recorded steps, {model}, groups: {count}.",
        "已打开：共 {steps:,} 个记录步，{model}，{count} 个参数组。",
    ),
    "recording_empty_groups": (
        "Left out, since they have no parameter of the network: {names}.",
        "以下组不含网络的任何参数，已略去：{names}。",
    ),
    "recording_settings_left_out": (
        "Left out, since no group here can have such a value: {names}. For a learning rate, 0 stands in its place.",
        "以下设置的值这里的参数组无法采用，已略去：{names}。若是学习率，则以 0 代替。",
    ),
    "recording_thinned": (
        "It is longer than can be shown here: one recorded step in {every:,} is drawn.",
        "记录过长，无法全部显示：每 {every:,} 个记录步只画一个。",
    ),
    "weights_stand_in": (
        "The weight file on this machine is not torchvision’s own: it was trained on {data}.",
        "此机器上的权重文件不是 torchvision 官方文件，而是在 {data} 上训练得到的。",
    ),
    "weights_missing": (
        "⚠ **Random weights instead of pre-trained ones**: these could not be downloaded ({reason}). What you see is "
        "not fine-tuning.",
        "⚠ **使用的是随机权重，而不是预训练权重**：预训练权重下载失败（{reason}）。您看到的不是微调。",
    ),
    "dataset_cifar10": ("CIFAR-10 photographs", "CIFAR-10 图像"),
    "dataset_shapes": ("generated shapes", "生成的图形"),
    "reading_frozen": (
        "frozen: {moved:,} of {weights:,} weights moved",
        "已冻结：{weights:,} 个权重中有 {moved:,} 个发生变化",
    ),
    "reading_frozen_moved": (
        "set to frozen, but {moved:,} of {weights:,} weights moved",
        "设为冻结，但 {weights:,} 个权重中有 {moved:,} 个发生了变化",
    ),
    "reading_moved": ("{moved:,} of {weights:,} weights moved", "{weights:,} 个权重中有 {moved:,} 个发生变化"),
    "reading_waiting": (
        "frozen, as set, until its start epoch, which this run did not reach",
        "按设置在起始 epoch 之前保持冻结，而本次运行没有到达该 epoch",
    ),
    "reading_update": (
        "; a typical step changed the group by {percent:.2p} %",
        "；典型的一步使其变化 {percent:.2p}%",
    ),
    "reading_usual": (
        " (in runs of this network that learned: {low:.2p} to {high:.2p} % in the first {steps} steps)",
        "（该网络学习正常的运行：前 {steps} 步为 {low:.2p}% 到 {high:.2p}%）",
    ),
    "reading_frozen_again": (
        "; frozen from step {step} on, as set, and exactly still since",
        "；按设置从第 {step} 步起冻结，此后完全不动",
    ),
    "reading_moved_again": (
        "; set to be frozen from step {step} on, and yet it moved",
        "；按设置从第 {step} 步起冻结，却仍有移动",
    ),
    "reading_clipped": (
        "; clipped in {share:.3p} % of its steps, to {percent:.3p} % of the gradient (median of these)",
        "；{share:.3p}% 的步被裁剪，梯度剩 {percent:.3p}%（这些步的中位数）",
    ),
    "reading_not_clipped": ("; clipped in none of its steps", "；没有一步被裁剪"),
    "reading_late": ("; it trains from step {step} on, as set", "；按设置从第 {step} 步开始训练"),
    # Badges and findings.
    "badge_no_step": ("no step was taken", "一步也没有训练"),
    "badge_frozen": ("verified frozen", "校验通过：确实冻结"),
    "badge_drifting": (
        "drifting: its running statistics changed by {percent:.3p} %",
        "有漂移：其运行统计量变化了 {percent:.3p}%",
    ),
    "badge_not_frozen": (
        "not frozen: {moved:,} of {weights:,} weights moved",
        "没有冻结：{weights:,} 个权重中有 {moved:,} 个发生了变化",
    ),
    "badge_trained": ("trained", "已训练"),
    "badge_unmoved": ("did not move", "没有变化"),
    "badge_waiting": ("not started yet", "尚未开始训练"),
    "badge_unmoved_drifting": (
        "did not move, but its running statistics changed by {percent:.3p} %",
        "权重没有变化，但其运行统计量变化了 {percent:.3p}%",
    ),
    "finding_non_finite": (
        "{group}: its gradient or update was the first that was no longer a finite number, in step {step}. Such a "
        "number ends the run.",
        "{group}：在第 {step} 步，它的梯度或更新量最先出现 NaN 或无穷大，运行随即结束。",
    ),
    "finding_non_finite_led": (
        "{group}: in step {step} gradients or updates were no longer finite numbers ({names}); in the step before, "
        "this group's update / weight of {ratio:.3g} was the largest of them. Such a number ends the run.",
        "{group}：在第 {step} 步，梯度或更新量出现 NaN 或无穷大（{names}）；在前一步，其中该组的更新量 / 权重最大，"
        "为 {ratio:.3g}。运行随即结束。",
    ),
    "finding_non_finite_all": (
        "In step {step} gradients or updates were no longer finite numbers: {names}. Such a number ends the run.",
        "在第 {step} 步，以下各组的梯度或更新量出现 NaN 或无穷大：{names}。运行随即结束。",
    ),
    "finding_exploding": (
        "{group}: its gradient norm grew {times:.3g}-fold, from {first:.3g} to {last:.3g} (medians of the first and "
        "the last fifth of the steps). Rule: more than {limit:g}-fold is an exploding gradient.",
        "{group}：梯度范数增大到 {times:.3g} 倍，从 {first:.3g} 到 {last:.3g}（前五分之一与后五分之一步数的中位数）。"
        "规则：超过 {limit:g} 倍即为梯度爆炸。",
    ),
    "finding_shrinks_others": (
        "{group}: in {count:,} of {steps:,} steps the gradients' norm passed the clipping limit {limit:g} because of "
        "this group alone, and every group was left with {left:.3p} % of its gradient (median of these steps). Clipped "
        "by the norm of each group, the others would have kept theirs whole.",
        "{group}：{steps:,} 步中有 {count:,} 步，仅因这一组，梯度总范数才超过裁剪阈值 {limit:g}，"
        "所有组的梯度都只剩 {left:.3p}%（这些步的中位数）。若按每组各自的范数裁剪，其他组的梯度会完整保留。",
    ),
    "finding_froze_early": (
        "{group}: it trained from step {first} to {last} only, as set; in these {steps} steps it went {percent:.2p} % "
        "of its own size away from its start (learning rate at most {lr:.3g}), which is as good as frozen.",
        "{group}：按设置只在第 {first} 到第 {last} 步训练；在这 {steps} 步中，"
        "相对初值的偏移只有自身大小的 {percent:.2p}%（学习率最高为 {lr:.3g}），与冻结几乎无异。",
    ),
    "finding_no_gradient": (
        "{group}: its gradient was 0 in all {steps:,} steps, so the loss taught its {weights:,} weights nothing. "
        "Rule: a trained group without any gradient is dead.",
        "{group}：全部 {steps:,} 步中梯度都为 0，它的 {weights:,} 个权重没有从损失学到任何东西。"
        "规则：参与训练却没有任何梯度的组没有在学习。",
    ),
    "finding_unmoved": (
        "{group}: it has gradients, but 0 of its {weights:,} weights moved in {steps:,} steps. Rule: a trained group "
        "that does not move is dead.",
        "{group}：有梯度，但 {steps:,} 步之后，{weights:,} 个权重没有一个发生变化。规则："
        "参与训练却没有变化的组没有在学习。",
    ),
    "finding_mostly_still": (
        "{group}: its median update / weight is 0: in at least half of the steps it did not move at all.",
        "{group}：更新量 / 权重的中位数为 0：至少有一半的步中它完全没有变化。",
    ),
    "finding_nothing_learned": (
        "This run did not learn: after {steps} steps its accuracy is {accuracy:.1f} %, where guessing gives "
        "{chance:.1f} % (± {noise:.1f}), and its test loss {loss:.3g}, where a constant guess has {guess:.3g}.",
        "这次运行没有学到东西：{steps} 步之后准确率为 {accuracy:.1f}%，而只凭猜测为 {chance:.1f}%（± {noise:.1f}）；"
        "测试损失为 {loss:.3g}，而固定的猜测为 {guess:.3g}。",
    ),
    "finding_ascent": (
        "{group}: its updates raise the loss: to first order (gradient × update) {share:.3p} % of its {steps} steps "
        "added to it, {rise:.2g} nats in the median. It goes up instead of down, as with maximize or a wrong sign.",
        "{group}：它的更新在抬高损失：按一阶近似（梯度 × 更新量），{steps} 步中有 {share:.3p}% 使损失上升，"
        "中位数为每步 {rise:.2g} nat。它在做梯度上升而不是下降，例如设置了 maximize 或符号写反。",
    ),
    "finding_leap": (
        "{group}: the first to jump: step {step} alone changed it by {percent:,.0f} % of its own size.",
        "{group}：最先发生突变的一组：仅第 {step} 步就使其变化了自身大小的 {percent:,.0f}%。",
    ),
    "finding_overshoot": (
        "{group}: its update in step {step} ({percent:.3p} % of its own size) went beyond what a gradient can tell: to "
        "first order (gradient × update) it should have lowered the loss by {fall:.3g} nats, where the loss was "
        "{loss:.3g} and cannot fall below 0.",
        "{group}：它在第 {step} 步的更新（自身大小的 {percent:.3p}%）超出了梯度有效的范围："
        "按一阶近似（梯度 × 更新量），应使损失下降 {fall:.3g} nat，而当时的损失为 {loss:.3g}，且不可能低于 0。",
    ),
    "finding_spike": (
        "The batch loss rose to {highest:.3g} in step {step}, from {first:.3g} in the first. "
        "Rule: more than {limit:g} times the start is a blow-up.",
        "批次损失在第 {step} 步升到 {highest:.3g}，第一步为 {first:.3g}。规则：超过起点的 {limit:g} 倍即为损失爆炸。",
    ),
    "finding_dead_units": (
        "{group}: of the outputs of the ReLU behind {layer}, {before:.3p} % were zero on the test images before "
        "training, and {after:.4p} % are at the end: its units are dead and pass hardly any gradient on.",
        "{group}：在测试图像上，{layer} 之后 ReLU 的输出在训练前有 {before:.3p}% 为零，结束时为 {after:.4p}%："
        "其神经元已死亡，几乎不再传递梯度。",
    ),
    "finding_clipped": (
        "{names}: clipping left no more than {most:.2p} % of the gradient in any step ({left:.2p} % in the median), "
        "and SGD's step by it is as much smaller.",
        "{names}：裁剪后每一步最多只剩 {most:.2p}% 的梯度（中位数为 {left:.2p}%），"
        "SGD 由梯度算出的更新量也按同样比例缩小。",
    ),
    "finding_near_start": (
        "No group went farther than {percent:.2p} % of its own size from where it began.",
        "各组相对初值的偏移都不超过自身大小的 {percent:.2p}%，几乎没有学习。",
    ),
    "finding_barely_moved": (
        "{group}: after {steps} steps it is {percent:.2p} % of its own size away from its start (learning rate at "
        "most {lr:.3g}), which is as good as frozen.",
        "{group}：{steps} 步之后，相对初值的偏移只有自身大小的 {percent:.2p}%（学习率最高为 {lr:.3g}），"
        "与冻结几乎无异。",
    ),
    "finding_started_late": (
        "{group}: it starts in step {first} only, as set; in the {steps} steps since then it went {percent:.2p} % of "
        "its own size away from its start (learning rate at most {lr:.3g}), which is as good as frozen.",
        "{group}：按设置从第 {first} 步才开始训练；此后 {steps} 步，"
        "相对初值的偏移只有自身大小的 {percent:.2p}%（学习率最高为 {lr:.3g}），与冻结几乎无异。",
    ),
    "finding_few_trained": (
        "Only {trained:,} of {weights:,} weights train ({percent:.2p} %), the others stay frozen as set, and with "
        "them alone little was learned.",
        "{weights:,} 个权重中只有 {trained:,} 个参与训练（{percent:.2p}%），其余按设置保持冻结；"
        "仅靠它们几乎没有学到东西。",
    ),
    "finding_gradient_gone": (
        "{names}: hardly any gradient arrives any more: its norm was {first:.2g} in the first step and {last:.2g} in "
        "the last fifth of the steps (median), while the loss is still {loss:.3g}.",
        "{names}：几乎不再有梯度：第一步的梯度范数为 {first:.2g}，最后五分之一步的中位数为 {last:.2g}，"
        "而损失仍为 {loss:.3g}。",
    ),
    "finding_gradient_blocked": (
        "{names}: hardly any gradient arrives any more: its norm was {first:.2g} in the first step and {last:.2g} in "
        "the last fifth of the steps (median), while the loss is still {loss:.3g}. It does not get through the silent "
        "ReLU behind {layer}.",
        "{names}：几乎不再有梯度：第一步的梯度范数为 {first:.2g}，最后五分之一步的中位数为 {last:.2g}，"
        "而损失仍为 {loss:.3g}。梯度无法通过 {layer} 之后已无输出的 ReLU。",
    ),
    "finding_one_moves_all": (
        "{group}: it does {share:.3p} % of all movement (squared update norms), with {size:.3p} % of the trained "
        "weights. Rule: more than {limit:g} % by a group that holds less than {limit:g} % of the weights.",
        "{group}：它的更新占全部更新量（范数的平方和）的 {share:.3p}%，却只占所训练权重的 {size:.3p}%。规则："
        "权重不到 {limit:g}% 的组，更新量超过 {limit:g}%。",
    ),
    "finding_decay_shrinks": (
        "{group}: weight decay takes {percent:.3p} % of its weights in the median step, and so half of what any step "
        "added within {half:,} steps; their norm is now {left:.3p} % of what it was at the start. "
        "Rule: more than {limit:g} % a step.",
        "{group}：按每步的中位数，权重衰减使权重缩小 {percent:.3p}%，因此任何一步学到的内容在 {half:,} 步内就会减半；"
        "权重范数现为起始时的 {left:.3p}%。规则：每步超过 {limit:g}%。",
    ),
    "finding_decay_dominates": (
        "{group}: in its median step weight decay moves it {share:.3g} times as far as the gradient does, so it "
        "follows the decay rather than the loss. Rule: more than 1.",
        "{group}：按每步的中位数，权重衰减造成的变化是梯度的 {share:.3g} 倍，因此它主要跟随衰减而不是损失。规则："
        "大于 1。",
    ),
    "finding_penalty_dominates": (
        "{group}: its L2 penalty (weight decay × weights) is {share:.3g} times its gradient in the median step, so "
        "its updates follow the decay rather than the loss. Rule: more than 1.",
        "{group}：按每步的中位数，L2 惩罚（权重衰减 × 权重）是梯度的 {share:.3g} 倍，因此更新主要跟随衰减而不是损失。"
        "规则：大于 1。",
    ),
    "finding_drift": (
        "{group}: it is frozen, but running statistics or other buffers of its layers changed by {percent:.3p} %. "
        "Rule: what is frozen changes by 0 %; choose eval for “Frozen BatchNorm”, and freeze layers as a whole.",
        "{group}：已冻结，但其各层的运行统计量或其他缓冲区变化了 {percent:.3p}%。规则：冻结的部分变化应为 0%；"
        "请将“冻结的 BatchNorm”设为 eval，并把这样的层整层冻结。",
    ),
    "finding_drift_on_purpose": (
        "{group}: its weights are frozen, and its running statistics drift on purpose, by {percent:.3p} %: “Frozen "
        "BatchNorm” is set to train. The layers' outputs change with them; eval keeps both.",
        "{group}：权重已冻结，而运行统计量按设置漂移了 {percent:.3p}%：“冻结的 BatchNorm”设为 train。"
        "层的输出也随之改变；设为 eval 则两者都保持不变。",
    ),
    "finding_drift_unmoved": (
        "{group}: no weight moved, but running statistics or other buffers of its layers changed by {percent:.3p} %, "
        "and with them the layers' outputs. Rule: more than 0 % where no weight moves; to keep them, freeze the group "
        "and choose eval for “Frozen BatchNorm”.",
        "{group}：权重都没有变化，但其各层的运行统计量或其他缓冲区变化了 {percent:.3p}%，层的输出也随之改变。规则："
        "权重不变而变化大于 0%；要保持不变，请冻结该组，并将“冻结的 BatchNorm”设为 eval。",
    ),
    "heat_undefined": ("update / weight undefined: the weights were about 0", "更新量 / 权重无定义：更新前权重约为 0"),
    "heat_scale": ("update / weight, log", "更新量 / 权重（对数）"),
    # Charts.
    "view_ratio": ("update / weight", "更新量 / 权重"),
    "view_ratio_axis": ("update / weight  ‖Δθ‖ / ‖θ‖ per step", "更新量 / 权重  每步 ‖Δθ‖ / ‖θ‖"),
    "view_update": ("update norm", "更新量范数"),
    "view_update_axis": ("update norm  ‖Δθ‖ per step", "更新量范数  每步 ‖Δθ‖"),
    "view_gradient": ("gradient norm", "梯度范数"),
    "view_gradient_axis": ("gradient norm  ‖g‖ before clipping", "梯度范数  裁剪前 ‖g‖"),
    "view_weight": ("weight norm", "权重范数"),
    "view_weight_axis": ("weight norm  ‖θ‖", "权重范数  ‖θ‖"),
    "view_distance": ("distance from start", "相对初值的偏移"),
    "view_distance_axis": ("distance from start  ‖θ − θ₀‖ / ‖θ₀‖", "相对初值的偏移  ‖θ − θ₀‖ / ‖θ₀‖"),
    "view_lr": ("learning rate", "学习率"),
    "view_lr_axis": ("learning rate", "学习率"),
    "view_clip": ("clipping", "梯度裁剪"),
    "view_clip_axis": ("left of the gradient  ‖g clipped‖ / ‖g‖", "梯度剩余  ‖裁剪后 g‖ / ‖g‖"),
    "view_clip_unit": ("% of the gradient", "%（占梯度）"),
    "view_step": ("step per weight", "单个权重的步长"),
    "view_step_axis": ("step per weight  ‖Δθ − decay‖ / √n", "单个权重的步长  ‖Δθ − 衰减‖ / √n"),
    "view_cosine": ("update cosine", "更新量余弦"),
    "view_cosine_axis": ("update cosine  cos(Δθₜ, Δθₜ₋₁)", "更新量余弦  cos(Δθₜ, Δθₜ₋₁)"),
    "view_agreement": ("gradient agreement", "梯度一致度"),
    "view_agreement_axis": ("agreement  ‖Σg‖ / Σ‖g‖, {steps} steps", "梯度一致度  {steps} 步 ‖Σg‖ / Σ‖g‖"),
    "sampled": ("step (the first {steps}, then every {steps}th)", "步（前 {steps} 步，之后每 {steps} 步一点）"),
    "view_decay": ("decay / update", "衰减 / 更新量"),
    "view_decay_axis": ("decay / update  ‖Δθ by decay‖ / ‖Δθ‖", "衰减 / 更新量  ‖衰减造成的 Δθ‖ / ‖Δθ‖"),
    "trace_l2": ("{name} (L2/gradient)", "{name}（L2/梯度）"),
    "not_recorded": ("The recording does not hold this.", "这份记录中没有这一项。"),
    "no_decay": ("No group has weight decay.", "没有任何组使用权重衰减。"),
    "decay_help": (
        "**Decay / update** says how large the weight-decay part of each update is beside the whole update. Where "
        "decay is added to the gradient as L2 and the optimizer then divides by a running mean or sum of squared "
        "gradients (Adam, NAdam and RAdam by default, RMSprop, Adagrad, Adadelta), gradient and decay are mixed in "
        "that division and no part of the update is decay alone; the dashed line then shows how large the L2 term is "
        "beside the gradient, λ‖θ‖ / ‖g‖.",
        "**衰减 / 更新量** 表示每步更新中由权重衰减造成的部分占整个更新量的多少。如果衰减以 L2 的形式加到梯度上，"
        "而优化器随后又除以梯度平方的滑动平均或累加和（默认的 Adam、NAdam、RAdam，以及 RMSprop、Adagrad、Adadelta），"
        "梯度与衰减就在这一除法中混在一起，更新量里分不出单独属于衰减的部分；这时虚线表示 L2 项与梯度相比有多大，"
        "即 λ‖θ‖ / ‖g‖。",
    ),
    "clip_help": (
        "**Clipping**, in runs that clip gradients, shows what is left of each group's gradient: 100 % in the steps in "
        "which it was not clipped. By the norm of all groups together, all lines are one: one group's spike shrinks "
        "all of them.",
        "**梯度裁剪**（仅在启用裁剪的训练中显示）表示每组梯度裁剪后还剩多少：未被裁剪的步为 100%。"
        "按所有组合计的范数裁剪时，各条线重合：某一组的尖峰会让所有组一起缩小。",
    ),
    "steps_help": (
        "**Step per weight** is the root mean square of what a step adds to a weight, without weight decay’s part if "
        "that can be told apart. Its unit is the learning rate’s: for AdamW it is the learning rate times the root "
        "mean square of m̂ / (√v̂ + ε), for plain SGD the learning rate times the gradient’s. "
        "**Update cosine** is the cosine of the angle between an update and the one before: 1 is straight on, 0 at "
        "right angles, below 0 back again, as when a group oscillates. Both are drawn for the first 10 steps and for "
        "every 10th. **Gradient agreement** is the length of the sum of 10 steps’ gradients divided by the sum of "
        "their lengths, one number for every 10 steps: 1 if all point the same way, about 1/√10 if each is at right "
        "angles to the others, as pure noise is, 0 if they cancel.",
        "**单个权重的步长** 是一步给每个权重带来的变化的均方根；能区分出权重衰减时，不含衰减部分。它与学习率单位相同："
        "对 AdamW，它等于学习率乘以 m̂ / (√v̂ + ε) 的均方根；对不带动量的 SGD，等于学习率乘以梯度的均方根。"
        "**更新量余弦** 是本步更新量与上一步更新量夹角的余弦：1 表示方向不变，0 表示垂直，小于 0 表示往回走，"
        "即来回振荡。以上两项画出前 10 步，之后每 10 步一个点。"
        "**梯度一致度** 是 10 步梯度之和的长度除以这些梯度长度之和，每 10 步一个值："
        "1 表示方向全都相同；两两垂直（如同纯噪声）时约为 1/√10；互相抵消时为 0。",
    ),
    "view_loss": ("loss and accuracy", "损失与准确率"),
    "view_loss_axis": ("cross-entropy loss (nats)", "交叉熵损失（nat）"),
    "accuracy_axis": ("test accuracy (%)", "测试准确率（%）"),
    "trace_loss": ("loss, batch", "训练批损失"),
    "trace_test_loss": ("loss, test", "测试损失"),
    "trace_accuracy": ("accuracy, test (right axis)", "测试准确率（右轴）"),
    "chart_empty": ("Press Train: the charts grow here while it runs.", "点击“训练”：图表会在这里随训练实时增长。"),
    "chart_untrainable": (
        "This network cannot be trained here. A recording of your own training is drawn here: Import opens it.",
        "该网络无法在此训练。自己的训练记录可用“导入”打开，会画在这里。",
    ),
    "chart_missing": ("The chart library could not be loaded; reload the page.", "图表库加载失败，请刷新页面。"),
    "chart_stale": (
        "The page has changed since this run. Train to see what that does; this run stays, dashed.",
        "页面设置已改动。点击“训练”查看效果；这次运行会以虚线保留。",
    ),
    "chart_smooth": ("smooth", "平滑"),
    "chart_log": ("log", "对数"),
    "chart_linear": ("linear", "线性"),
    "chart_scale": ("Scale of the vertical axis", "纵轴刻度"),
    "chart_steps": ("steps", "步"),
    "chart_epochs": ("epochs", "轮"),
    "chart_epoch": ("epoch", "训练轮数（epoch）"),
    "chart_places": ("What the horizontal axis counts", "横轴单位"),
    "chart_png": ("Save the chart as a picture", "将图表保存为图片"),
    "chart_legend": (
        "Click to hide or show a line, double-click to show it alone",
        "单击可隐藏或显示一条线，双击则只显示这一条",
    ),
    "chart_kept": (
        "This run has ended: the connection was lost, or the page was loaded anew. What had arrived is shown here.",
        "这次运行已经结束：连接中断，或页面被重新加载。这里显示的是已收到的结果。",
    ),
    "chart_medians": ("Median of each line:", "各条线的中位数："),
    "chart_no_value": ("no value", "无数值"),
    "view_ratio_unit": ("% of the weights per step", "%（每步，占权重）"),
    "view_update_unit": ("per step", "（每步）"),
    "view_distance_unit": ("% of the start", "%（相对初值）"),
    "view_decay_unit": ("% of the update", "%（占更新量）"),
    "loss_unit": ("nats", "nat"),
    "heading_chart": ("## Chart", "## 图表"),
    "heading_groups": ("## Parameter groups and settings", "## 参数组与设置"),
    "heading_below": ("## Results and tools", "## 结果与工具"),
    "chart_waiting": ("Waiting for the first step…", "正在等待第一步……"),
    "chart_loading": ("Loading the chart library (1.4 MB)…", "正在加载图表库（1.4 MB）…"),
    "chart_recorded": (
        "Recorded on CIFAR-10 ({device}, torch {torch}, one step in {stride} drawn): press Train for your own run.",
        "预先录制的运行（CIFAR-10，{device}，torch {torch}，每 {stride} 步画一点）：点击“训练”得到您自己的结果。",
    ),
    "step_axis": ("step", "步"),
    "usual_band": (
        "where runs that learned were in their first {steps} steps",
        "学习正常的运行在前 {steps} 步所处的范围",
    ),
    "download_missing": (
        "no step was taken, so the charts below are empty",
        "没有完成任何一步，因此下面的图表中没有曲线",
    ),
    # In what two experiments differ.
    "group_only_in": ("group {group} only in {side} ({params})", "只有 {side} 有参数组 {group}（{params}）"),
    "group_gone": ("without group {group} ({params})", "没有参数组 {group}（{params}）"),
    "group_new": ("with group {group} ({params})", "新增参数组 {group}（{params}）"),
    "group_order": ("order of the groups: {a} → {b}", "参数组的顺序：{a} → {b}"),
    "semicolon": ("; ", "；"),
    "behind": ("{label}: {text}", "{label}：{text}"),
    "yes": ("yes", "是"),
    "no": ("no", "否"),
    # Comparing runs.
    "cannot_merge": (
        "all groups cannot become one by {optimizer}, the first trainable group's optimizer: {names} have fewer than "
        "2 dimensions; move a group with another optimizer to the top",
        "无法全部合并为一组：第一个可训练组的优化器是 {optimizer}，而 {names} 不足二维；请把用其他优化器的组移到最上面",
    ),
    "cannot_freeze": (
        "{group} cannot be frozen: no other group trains, or not in every epoch",
        "无法冻结 {group}：没有其他参数组在训练，或不是每一轮都有",
    ),
    "comparing_progress": (
        "Run {run} of {runs} · step {done} of {total} over all runs",
        "第 {run} / {runs} 次运行 · 合计第 {done} / {total} 步",
    ),
    "verdict_larger": (
        "{count} seeds: A {a:.1f} % ± {a_spread:.1f}, B {b:.1f} % ± {b_spread:.1f}; the difference A − B of "
        "{difference:+z.1f} points (95 % interval {low:+z.1f} to {high:+z.1f}) is larger than the noise.",
        "{count} 个随机种子：A {a:.1f}% ± {a_spread:.1f}，B {b:.1f}% ± {b_spread:.1f}；A − B 相差 "
        "{difference:+z.1f} 个百分点（95% 置信区间 {low:+z.1f} 到 {high:+z.1f}），超出噪声。",
    ),
    "verdict_within": (
        "{count} seeds: A {a:.1f} % ± {a_spread:.1f}, B {b:.1f} % ± {b_spread:.1f}; the difference A − B of "
        "{difference:+z.1f} points (95 % interval {low:+z.1f} to {high:+z.1f}) is within the noise. That is no proof "
        "that they are equal: at this spread {count} seeds find a true difference of {detectable:.1f} points in 80 % "
        "of comparisons, and a smaller one less often.",
        "{count} 个随机种子：A {a:.1f}% ± {a_spread:.1f}，B {b:.1f}% ± {b_spread:.1f}；A − B 相差 "
        "{difference:+z.1f} 个百分点（95% 置信区间 {low:+z.1f} 到 {high:+z.1f}），在噪声范围之内。这并不证明两者相同："
        "按这样的离散程度，{count} 个种子有 80% 的把握检出 {detectable:.1f} 个百分点的真实差异，更小的差异更容易漏检。",
    ),
    "verdict_too_few": (
        "{count} seeds: A {a:.1f} % ± {a_spread:.1f}, B {b:.1f} % ± {b_spread:.1f}; the difference A − B of "
        "{difference:+z.1f} points (95 % interval {low:+z.1f} to {high:+z.1f}) is within the noise. At this spread "
        "{count} seeds cannot reliably find any difference, however large: use more seeds.",
        "{count} 个随机种子：A {a:.1f}% ± {a_spread:.1f}，B {b:.1f}% ± {b_spread:.1f}；A − B 相差 "
        "{difference:+z.1f} 个百分点（95% 置信区间 {low:+z.1f} 到 {high:+z.1f}），在噪声范围之内。"
        "按这样的离散程度，{count} 个种子无法可靠地检出任何差异，再大也不行：请用更多随机种子。",
    ),
    "verdict_no_spread": (
        "{count} seeds: A {a:.1f} % ± {a_spread:.1f}, B {b:.1f} % ± {b_spread:.1f}; every seed shows the same "
        "difference A − B, {difference:+z.1f} points, so there is no spread to judge it by.",
        "{count} 个随机种子：A {a:.1f}% ± {a_spread:.1f}，B {b:.1f}% ± {b_spread:.1f}；"
        "每个种子的 A − B 都是 {difference:+z.1f} 个百分点，没有离散程度可供判断。",
    ),
    "verdict_one_seed": (
        "1 seed: A {a:.1f} %, B {b:.1f} %, a difference A − B of {difference:+z.1f} points. One seed cannot tell "
        "whether that is noise: repeat over more seeds.",
        "1 个随机种子：A {a:.1f}%，B {b:.1f}%，A − B 相差 {difference:+z.1f} 个百分点。"
        "只有一个种子，无法判断这是不是噪声：请用更多随机种子重复。",
    ),
    "compare_diverged": (
        "No verdict: in {count} of the runs a loss or an update was no longer a finite number.",
        "无法下结论：有 {count} 次运行的损失或更新量出现了 NaN 或无穷大。",
    ),
    "compare_differences": ("B: {name}. From A to B: {differences}.", "B：{name}。从 A 到 B：{differences}。"),
    "compare_same": ("B: {name}. It is the same as A, in every setting.", "B：{name}。所有设置都与 A 相同。"),
    # With a group frozen.
    "frozen_falls": (
        "Earns its training: frozen, accuracy falls from {a:.1f} % to {b:.1f} %, by {difference:.1f} points "
        "(95 % interval {low:.1f} to {high:.1f}), more than the noise.",
        "值得训练：冻结后准确率从 {a:.1f}% 降到 {b:.1f}%，下降 {difference:.1f} 个百分点"
        "（95% 置信区间 {low:.1f} 到 {high:.1f}），超出噪声。",
    ),
    "frozen_rises": (
        "Better frozen: accuracy rises from {a:.1f} % to {b:.1f} %, by {difference:.1f} points "
        "(95 % interval {low:.1f} to {high:.1f}), more than the noise.",
        "冻结更好：准确率从 {a:.1f}% 升到 {b:.1f}%，上升 {difference:.1f} 个百分点"
        "（95% 置信区间 {low:.1f} 到 {high:.1f}），超出噪声。",
    ),
    "frozen_within": (
        "Within the noise: frozen, accuracy goes from {a:.1f} % to {b:.1f} %. No proof that training it is of no use: "
        "at this spread {count} seeds find a true difference of {detectable:.1f} points in 80 % of comparisons.",
        "在噪声范围之内：冻结后准确率从 {a:.1f}% 变为 {b:.1f}%。这并不证明训练它没有用："
        "按这样的离散程度，{count} 个种子有 80% 的把握检出 {detectable:.1f} 个百分点的真实差异。",
    ),
    "frozen_too_few": (
        "Within the noise: frozen, accuracy goes from {a:.1f} % to {b:.1f} %. At this spread {count} seeds cannot "
        "reliably find any difference, however large: use more seeds.",
        "在噪声范围之内：冻结后准确率从 {a:.1f}% 变为 {b:.1f}%。"
        "按这样的离散程度，{count} 个种子无法可靠地检出任何差异，再大也不行：请用更多随机种子。",
    ),
    "frozen_no_spread": (
        "Frozen, accuracy goes from {a:.1f} % to {b:.1f} %, by the same in every one of {count} seeds: there is no "
        "spread to judge it by.",
        "冻结后准确率从 {a:.1f}% 变为 {b:.1f}%，{count} 个种子的变化都相同，没有离散程度可供判断。",
    ),
    "frozen_one_seed": (
        "Frozen, accuracy goes from {a:.1f} % to {b:.1f} %. One seed cannot tell whether that is noise.",
        "冻结后准确率从 {a:.1f}% 变为 {b:.1f}%。只有一个种子，无法判断这是不是噪声。",
    ),
    "column_frozen": ("frozen group", "冻结的组"),
    "column_accuracy": ("accuracy (%)", "准确率（%）"),
    "column_change": ("change (points)", "变化（百分点）"),
    "column_interval": ("95 % interval", "95% 置信区间"),
    "frozen_by_chance": (
        "Each group is judged by itself, at 95 %: of twenty groups that make no difference, one seems to by chance.",
        "每组单独判断，置信水平为 95%：即使二十个组都没有影响，平均也会有一个碰巧显得有影响。",
    ),
    # Short runs, the map of rates, and suggested learning rates.
    "no_factors": (
        "{value} contains no factors; write some, such as 1/10 1/3 3 10",
        "{value} 中没有倍数；请填写几个，例如 1/10 1/3 3 10",
    ),
    "too_many_factors": (
        "{count} factors are too many; at most {most} are allowed",
        "有 {count} 个倍数；最多 {most} 个",
    ),
    "trials_too_long": (
        "{runs} runs of only {steps} steps each would take about {minutes:.0f} minutes; the limit is {limit:.0f}. "
        "Use smaller images, a smaller network, fewer factors or fewer seeds",
        "即使每次只训练 {steps} 步，{runs} 次运行也要约 {minutes:.0f} 分钟；上限为 {limit:.0f} 分钟。"
        "请改用更小的图像、更小的网络，或减少倍数和种子数",
    ),
    "trials_timing": ("Measuring how long a run takes", "正在测量一次运行需要多久"),
    "map_no_groups": (
        "no group has a learning rate that could be changed: all are frozen, or have the rate 0",
        "没有可以改变学习率的组：全部已冻结，或学习率为 0",
    ),
    "map_plan": (
        "{runs} runs of the first {steps} of {whole} steps, seeds: {seeds}, judged by the loss on {images} training "
        "images that no run trains on; about {seconds:.0f} s",
        "共 {runs} 次运行，每次为 {whole} 步中的前 {steps} 步，{seeds} 个随机种子，"
        "以 {images} 张不参与训练的训练集图像上的损失评判；约需 {seconds:.0f} 秒",
    ),
    "map_plan_longer": (
        ", more than the {budget:.0f} s given, since runs of fewer steps would tell too little",
        "，超过给定的 {budget:.0f} 秒，因为步数再少就说明不了什么",
    ),
    "map_progress": ("Run {run} of {runs} · {left:.0f} s left", "第 {run} / {runs} 次运行 · 剩余 {left:.0f} 秒"),
    "map_frozen": ("{group} is frozen: it has no learning rate", "{group} 已冻结：没有学习率可调"),
    "map_lr_zero": (
        "{group} has the learning rate 0: no factor changes that",
        "{group} 的学习率为 0：乘以任何倍数都不变",
    ),
    "map_starts_later": ("{group} starts after these runs end", "{group} 在这些运行结束之后才开始训练"),
    "map_all": ("all groups together", "所有组一起"),
    "map_lost": ("a run that diverged", "发散"),
    "map_no_learning": (
        "With the rates as they are, {steps} steps do not learn: the loss is {loss}, and a constant guess has "
        "{guess:.2f}",
        "按现有学习率，{steps} 步内没有学到东西：损失为 {loss}，而均匀猜测为 {guess:.2f}",
    ),
    "map_one_seed": (
        "With one seed the noise is known from the images alone; two or more seeds tell it better",
        "只有一个随机种子时，噪声只能由图像估计；用两个以上的种子更可靠",
    ),
    "map_short": (
        "All that follows was seen in the first {steps} of {whole} steps: over the whole run a rate that is no worse "
        "there may be worse, and one that is ahead too high, so compare both over all steps before you rely on it",
        "以下结论只来自 {whole} 步中的前 {steps} 步：就整个训练而言，这里不变差的学习率可能变差，"
        "领先的也可能偏高，采用之前请用全部步数比较两者",
    ),
    "map_gain_more": (
        "{group}: a rate {times} times higher would lower the loss from {base:.2f} to {loss} (noise {noise:.2f})",
        "{group}：学习率提高到 {times} 倍，损失会从 {base:.2f} 降到 {loss}（噪声 {noise:.2f}）",
    ),
    "map_gain_less": (
        "{group}: a rate {times} times lower would lower the loss from {base:.2f} to {loss} (noise {noise:.2f})",
        "{group}：学习率降到 1/{times}，损失会从 {base:.2f} 降到 {loss}（噪声 {noise:.2f}）",
    ),
    "map_gain_more_lost": (
        "{group}: with a rate {times} times higher the loss is {loss}, while as it is the run diverges",
        "{group}：学习率提高到 {times} 倍时损失为 {loss}，而按现有设置训练会发散",
    ),
    "map_gain_less_lost": (
        "{group}: with a rate {times} times lower the loss is {loss}, while as it is the run diverges",
        "{group}：学习率降到 1/{times} 时损失为 {loss}，而按现有设置训练会发散",
    ),
    "map_hardly": (
        "{group}: from {low} times lower to {high} times higher the loss changes by at most {most:.2f}, within the "
        "noise ({noise:.2f})",
        "{group}：学习率从 1/{low} 到 {high} 倍，损失最多变化 {most:.2f}，在噪声（{noise:.2f}）范围之内",
    ),
    "map_room_up": (
        "{group}: can go {times} times higher before it gets worse ({next} times: {loss} instead of {base:.2f})",
        "{group}：学习率提高到 {times} 倍也不会变差（{next} 倍：{loss}，原为 {base:.2f}）",
    ),
    "map_room_down": (
        "{group}: can go {times} times lower before it gets worse ({next} times: {loss} instead of {base:.2f})",
        "{group}：学习率降到 1/{times} 也不会变差（1/{next}：{loss}，原为 {base:.2f}）",
    ),
    "map_worse_up": (
        "{group}: gets worse at {next} times higher: {loss} instead of {base:.2f}",
        "{group}：学习率提高到 {next} 倍就会变差：{loss}，原为 {base:.2f}",
    ),
    "map_worse_down": (
        "{group}: gets worse at {next} times lower: {loss} instead of {base:.2f}",
        "{group}：学习率降到 1/{next} 就会变差：{loss}，原为 {base:.2f}",
    ),
    "map_free_up": (
        "{group}: can go {times} times higher, the most that was tried, and gets no worse: {loss} and {base:.2f} "
        "(noise {noise:.2f})",
        "{group}：学习率提高到 {times} 倍（试过的最大倍数）也不变差：{loss} 对 {base:.2f}（噪声 {noise:.2f}）",
    ),
    "map_free_down": (
        "{group}: can go {times} times lower, the least that was tried, and gets no worse: {loss} and {base:.2f} "
        "(noise {noise:.2f})",
        "{group}：学习率降到 1/{times}（试过的最小倍数）也不变差：{loss} 对 {base:.2f}（噪声 {noise:.2f}）",
    ),
    "suggest_searching": (
        "Looking for learning rates: {runs} runs, lowest loss {loss} · {left:.0f} s left",
        "正在寻找学习率：已运行 {runs} 次，最低损失 {loss} · 剩余 {left:.0f} 秒",
    ),
    "suggest_again": (
        "Trying what was found with other seeds · {left:.0f} s left",
        "正在用其他随机种子复核 · 剩余 {left:.0f} 秒",
    ),
    "suggest_nothing": (
        "Nothing better was found: {runs} runs were tried, and nothing proved better with other seeds too by more than "
        "the noise, so the values stay",
        "没有找到更好的设置：共试了 {runs} 次，没有一种在其他随机种子下也更好且超出噪声，因此保持不变",
    ),
    "suggest_gain": (
        "Over {seeds} other seeds and {steps} of {whole} steps, on training images that were held out: {before} → "
        "{after} (noise of the loss {noise}); {runs} runs were tried",
        "用另外 {seeds} 个随机种子、{whole} 步中的前 {steps} 步，在留出的训练集图像上："
        "{before} → {after}（损失的噪声 {noise}）；共试了 {runs} 次",
    ),
    "suggest_short": (
        "Only the first {steps} of {whole} steps were run: a rate that is ahead there may be too high for the whole "
        "run, so compare both over all steps before you rely on it",
        "这里只跑了 {whole} 步中的前 {steps} 步：开头领先的学习率对整个训练可能偏高，采用之前请用全部步数比较两者",
    ),
    "suggest_trial": ("loss {loss:.3f}, accuracy {accuracy:.1f} %", "损失 {loss:.3f}，准确率 {accuracy:.1f}%"),
    "suggest_lr": ("{group}: lr {before:.3g} → {after:.3g}", "{group}：学习率 {before:.3g} → {after:.3g}"),
    "suggest_stays": ("{group}: lr {before:.3g} stays", "{group}：学习率 {before:.3g} 不变"),
    "suggest_decay": (
        "{rate}, weight decay {before:.3g} → {after:.3g}",
        "{rate}，权重衰减 {before:.3g} → {after:.3g}",
    ),
    "range_progress": (
        "Range test {test} of {tests}, step {step} of {steps}",
        "第 {test} / {tests} 次范围测试，第 {step} / {steps} 步",
    ),
    "range_group": (
        "{group}: the loss falls most steeply at lr {steepest:.2g}; it is lowest at {lowest:.2g}, a tenth of that is "
        "{tenth:.2g}",
        "{group}：损失在学习率 {steepest:.2g} 处下降最快；在 {lowest:.2g} 处最低，其十分之一为 {tenth:.2g}",
    ),
    "range_all": (
        "all groups together: the loss falls most steeply at {steepest:.2g} times their rates; it is lowest at "
        "{lowest:.2g} times, a tenth of that is {tenth:.2g} times",
        "所有组一起：损失在各自学习率的 {steepest:.2g} 倍处下降最快；在 {lowest:.2g} 倍处最低，"
        "其十分之一为 {tenth:.2g} 倍",
    ),
    "range_lost": (
        "{group}: nothing can be read off: after {steps} steps, its lr still at {highest:.2g}, the loss had blown up "
        "because of the rates of the others; lower those first",
        "{group}：读不出结果：仅 {steps} 步之后（该组学习率还只有 {highest:.2g}），"
        "损失就因其他组的学习率而暴涨；请先降低其他组的学习率",
    ),
    "range_nothing": (
        "{group}: the loss does not fall at any rate that was tried",
        "{group}：在试过的所有学习率下，损失都没有下降",
    ),
    # Learning rates that match an update size.
    "match_probing": (
        "Looking for learning rates: probe {round} of at most {rounds}, step {done} of {total}",
        "正在寻找学习率：第 {round} 次试跑（最多 {rounds} 次），第 {done} / {total} 步",
    ),
    "match_lr": (
        "{group}: lr {lr_before:.2g} → {lr_after:.2g} takes the median update from {before:.2g} to {after:.2g} of the "
        "weights, over the first {steps} of {whole} steps with this seed",
        "{group}：学习率 {lr_before:.2g} → {lr_after:.2g}；以当前随机种子训练全部 {whole} 步中的前 {steps} 步，"
        "更新量中位数从权重的 {before:.2g} 变为 {after:.2g}",
    ),
    "match_starts_later": (
        "{group} starts after the first {steps} steps, which are all that is tried: no rate is suggested",
        "{group} 在前 {steps} 步之后才开始训练，而试跑只有这些步：不给出学习率建议",
    ),
    "match_frozen": ("{group} is frozen: it has no learning rate", "{group} 已冻结：没有学习率可调"),
    "match_lr_zero": (
        "{group} has the learning rate 0, so there is nothing to measure; give it a small one first",
        "{group} 的学习率为 0，没有可测量的更新；请先填一个较小的值",
    ),
    "match_no_ratio": (
        "{group} has weights of about 0: update / weight means nothing there, so no rate is suggested",
        "{group} 的权重约为 0：更新量 / 权重没有意义，因此不给出建议",
    ),
    "match_no_gradient": (
        "{group} gets no gradient or no update: no learning rate would change that",
        "{group} 没有梯度或没有更新：改变学习率也无济于事",
    ),
    "match_non_finite": (
        "a trial run with {group} gave numbers that are not finite: lower the highest learning rate or the target, "
        "then ask again",
        "包含 {group} 的试跑出现了 NaN 或无穷大：请先降低最高的学习率或目标值，再试一次",
    ),
    "match_deaf": (
        "{group} hardly follows its learning rate: its weights grow as fast as its updates, so no rate is suggested",
        "{group} 的更新量 / 权重几乎不随学习率变化：权重与更新量同步增长，因此不给出建议",
    ),
    "match_not_reached": (
        "{group} stayed far from the target in several trials; its rate is left as it is",
        "{group} 多次试跑后仍明显偏离目标；其学习率保持不变",
    ),
    "frozen": ("frozen", "冻结"),
    # The page.
    "title": ("Param Group Lab", "参数组实验室"),
    "page_help": (
        "Give each part of a network its own optimizer settings, train for a few seconds, and see what every group's "
        "updates really are. Everything shown is measured on the weights themselves.",
        "为网络的各个部分分别设置优化器，训练几秒钟，看看每个参数组的更新究竟有多大。所有数值均由权重实测。",
    ),
    "look_for": ("What to look for", "观察要点"),
    "preset": ("Preset", "预设"),
    "row_size": (
        "{weights:,} weights · {percent:.3p} % · tensors: {tensors}",
        "{weights:,} 个权重 · {percent:.3p}% · {tensors} 个张量",
    ),
    "not_begun": ("Not begun. {why}.", "没有开始。{why}。"),
    "progress_name": ("How far the run is", "运行进度"),
    "row_measured": ("{size} % per step", "每步 {size}%"),
    "settings_line": (
        "{model} · {weights} · {dataset} {train_size} × {image_size} px · epochs {epochs} · batch {batch_size} · seed "
        "{seed}",
        "{model} · {weights} · {dataset} {train_size} 张 × {image_size} 像素 · {epochs} 轮 · 批大小 {batch_size} · "
        "种子 {seed}",
    ),
    "settings_line_structure": (
        "{model} · known by its names and shapes, not to be trained here",
        "{model} · 只知道参数名和形状，不能在此训练",
    ),
    "about_seconds": ("about {seconds:g} s", "约 {seconds:g} 秒"),
    "about_minutes": ("about {minutes:g} min", "约 {minutes:g} 分钟"),
    "line_random": ("random weights", "随机权重"),
    "line_pretrained": ("pre-trained weights", "预训练权重"),
    "line_cifar10": ("CIFAR-10", "CIFAR-10"),
    "line_shapes": ("generated shapes", "生成的图形"),
    "findings_tab": ("Findings", "发现"),
    "copy_link": ("Copy link", "复制链接"),
    "guide_train": (
        "1 of 3 · Press Train and watch the chart: one line per group, a point per step.",
        "第 1 步（共 3 步）· 点击“训练”，看图：每组一条曲线，每步一个点。",
    ),
    "guide_change": (
        "2 of 3 · Now change one thing, such as a group's lr in the table.",
        "第 2 步（共 3 步）· 现在改一处，例如表格中某组的学习率。",
    ),
    "guide_again": (
        "3 of 3 · Train again: the run before stays, dashed, and shows what the change did.",
        "第 3 步（共 3 步）· 再训练一次：上一次的曲线以虚线保留，变化一目了然。",
    ),
    "guide_done": (
        "Change, train, compare: that is all. The tabs below the chart find better rates, map them and write the code.",
        "修改、训练、比较，就是这样。图下方的标签页可以寻找更好的学习率、绘制学习率地图、生成代码。",
    ),
    "guide_try_it": ("Try it", "试一试"),
    "guide_close": ("Close the guide", "关闭引导"),
    "to_try": ("**One thing to try:** {what}", "**不妨一试**：{what}"),
    "try_it": ("Put it into the table", "填入表格"),
    "tried": (
        "Changed from the preset: {changes}. Train to see what it does; Reset in the table leads back.",
        "与预设的不同：{changes}。点击“训练”看效果；表格中的“还原”可恢复。",
    ),
    "table_all_placed": ("every parameter is in a group ✓", "每个参数都已分组 ✓"),
    "table_into_new": ("put them into a new group", "放入新的一组"),
    "course": ("Course", "课程"),
    "lesson": ("Ten lessons, from one group to your own choice", "十课：从一组参数到自己选择"),
    "lesson_back": ("Previous", "上一课"),
    "lesson_next": ("Next", "下一课"),
    "course_help": (
        "Each lesson is an experiment of a few seconds with a question. Choose one, make your prediction, then train "
        "and compare. The address of a lesson is its link.",
        "每课是一个几秒钟的实验和一个问题。选一课，先预测，再训练、对照。每课都有自己的网址，打开即可进入。",
    ),
    "prediction": ("Your prediction, before you train", "训练之前，您的预测"),
    "prediction_right": ("That is what was seen. Train, and see it yourself.", "与实测一致。点击“训练”亲自看看。"),
    "prediction_other": (
        "Many expect that; it was another answer: “{right}”. Train, and see it yourself.",
        "很多人都这么想，但答案是：“{right}”。点击“训练”亲自看看。",
    ),
    "lesson_seen": ("What was seen: {seen}", "实测：{seen}"),
    "settings": ("Model and data", "模型与数据"),
    "model": ("Model", "模型"),
    "model_info": ("Type to search torchvision models", "可输入名称搜索 torchvision 模型"),
    "pretrained": ("Pre-trained weights", "预训练权重"),
    "dataset": ("Dataset", "数据集"),
    "train_size": ("Training images", "训练图像数"),
    "test_size": ("Test images", "测试图像数"),
    "image_size": ("Image size (px)", "图像尺寸（像素）"),
    "epochs": ("Epochs", "训练轮数（epoch）"),
    "batch_size": ("Batch size", "批大小（batch size）"),
    "seed": ("Seed", "随机种子"),
    "frozen_norm": ("Frozen BatchNorm", "冻结的 BatchNorm"),
    "frozen_norm_info": ("eval: statistics stay; train: they drift", "eval：统计量保持不变；train：统计量会漂移"),
    "clip": ("Gradient clipping", "梯度裁剪"),
    "clip_info": (
        "norm: of all groups together; norm_per_group: of each by itself; value: every number",
        "norm：所有组合计的范数；norm_per_group：每组各自的范数；value：逐个数值",
    ),
    "clip_at": ("Clip at", "裁剪阈值"),
    "line_clip": (" · clip {clip} at {clip_at}", " · 梯度裁剪 {clip}，阈值 {clip_at}"),
    "clip_not_taken": (
        "torch does not clip this network's sparse or complex gradients by {value}; choose another way, or none",
        "torch 无法以 {value} 方式裁剪该网络的稀疏或复数梯度；请换一种方式，或选 none",
    ),
    "groups_help": (
        "First match wins: each parameter goes to the first group whose patterns, role and depth fit it. Patterns are "
        "globs over parameter names, such as `conv1.*` or `*.bias`.",
        "按顺序匹配，先命中者优先：每个参数归入第一个匹配模式、角色与深度都符合的组。匹配模式是参数名匹配（glob），"
        "例如 `conv1.*` 或 `*.bias`。",
    ),
    "who_is_where": ("Which group each parameter is in", "参数归属"),
    "train": ("Train", "训练"),
    "stop": ("Stop", "停止"),
    "summary": ("What each group did", "每组的结果"),
    "compare": ("Compare runs", "比较运行"),
    "compare_help": (
        "Which is better: what the table holds (A), or something else (B)? Run both once, drawn together, or over "
        "several seeds, to see whether the difference is more than noise. Both get A's seeds: where their settings "
        "allow it they share images, batches and starting weights. With each group frozen in turn you see which "
        "groups earn their training.",
        "哪个更好：当前表格的设置（A），还是另一种（B）？可各运行一次并画在一起，也可用多个随机种子重复，"
        "看差别是否超出噪声。两者都使用 A 的随机种子：只要设置允许，图像、批次和初始权重都相同。依次冻结每个组，"
        "可以看出哪些组值得训练。",
    ),
    "compare_with": ("Compare with (B)", "对比对象（B）"),
    "other_one_group": ("one group", "合并为一组"),
    "other_in_turn": ("each group frozen in turn", "依次冻结每个组"),
    "other_frozen": ("{group} frozen", "冻结 {group}"),
    "other_run": ("run {name}", "运行 {name}"),
    "other_preset": ("preset: {title}", "预设：{title}"),
    "run_both": ("Run both once", "各运行一次"),
    "over_seeds": ("Repeat over seeds", "多随机种子重复对比"),
    "seeds": ("Seeds (1 to 10)", "随机种子数（1 到 10）"),
    "of_two": ("Run {run} of 2. {status}", "第 {run} 次，共 2 次。{status}"),
    "map": ("Which rate matters", "哪个学习率重要"),
    "map_help": (
        "Trains the beginning of this experiment again and again: each group's learning rate times each factor, "
        "everything else unchanged, from the same weights on the same batches. A cell shows the loss on training "
        "images that no run trains on, and the accuracy there; blue is a lower loss than with the rates as they are, "
        "orange a higher one, no colour within the noise. A click puts a cell's rates into the table.",
        "反复训练本实验的开头：每次只把一个组的学习率乘以一个倍数，其余不变，初始权重与批次都相同。"
        "每格显示在不参与训练的训练集图像上的损失与准确率；蓝色表示损失比现有设置低，橙色表示更高，"
        "无色表示在噪声之内。点击一格即可把其学习率填入表格。",
    ),
    "map_factors": ("Factors", "倍数"),
    "asked_seeds": ("Seeds", "种子数"),
    "map_seeds": ("Seeds (1 to 5)", "种子数（1 到 5）"),
    "map_seconds": ("Seconds", "用时（秒）"),
    "map_start": ("Map the rates", "绘制学习率图"),
    "map_times": ("learning rate", "学习率"),
    "map_hint": (
        "Click a cell to put its learning rates into the table.",
        "点击一格，把其学习率填入表格。",
    ),
    "map_cell": (
        "{group} × {factor}, {rate}loss {loss:.3f} ({difference:+.3f}, noise {noise}), accuracy {accuracy:.1f} %",
        "{group} × {factor}，{rate}损失 {loss:.3f}（{difference:+.3f}，噪声 {noise}），准确率 {accuracy:.1f}%",
    ),
    "map_cell_alone": (
        "{group} × {factor}, {rate}loss {loss:.3f}, accuracy {accuracy:.1f} %",
        "{group} × {factor}，{rate}损失 {loss:.3f}，准确率 {accuracy:.1f}%",
    ),
    "map_cell_lost": ("{group} × {factor}, {rate}the run diverges", "{group} × {factor}，{rate}训练发散"),
    "suggest": ("Suggest rates", "学习率建议"),
    "suggest_help": (
        "Searches by short runs for rates that reach a lower loss, for all groups together and then for each; less "
        "weight decay is tried too. It is judged by training images that no run trains on, never by the test images. "
        "What is found is tried again with two or three other seeds, and proposed only if the loss is lower with each "
        "of them, on average by more than the noise, and the accuracy is no lower.",
        "用短时间训练寻找能达到更低损失的学习率：先所有组一起，再逐组，也会试着减小权重衰减。评判用的是不参与训练的训练集图像，从不用测试图像。"
        "找到的结果会用另外两个或三个随机种子复核，只有在每个种子上损失都更低、平均降幅超出噪声、准确率又没有下降时，才会给出建议。",
    ),
    "suggest_start": ("Suggest", "给出建议"),
    "range": ("Range test", "学习率范围测试"),
    "range_help": (
        "Like fastai's lr_find, group by group: one rate rises from 1e-7 to 10 in 100 steps while the others stay, "
        "and the loss is watched. The diamond marks where it falls most steeply on its way to its lowest. While the "
        "others train, the loss falls anyway, so a group's own share is hard to see here; the map compares whole runs.",
        "与 fastai 的 lr_find 相同，但逐组进行：一个组的学习率在 100 步内从 1e-7 升到 10，其余保持不变，观察损失。"
        "菱形标出损失降到最低之前下降最快之处。其余的组也在训练，损失本来就会下降，所以这里很难看出单个组的作用；"
        "学习率图比较的是完整的运行。",
    ),
    "range_start": ("Run the range tests", "运行范围测试"),
    "range_trace_all": ("all groups together", "所有组一起"),
    "range_axis": ("learning rate", "学习率"),
    "range_axis_all": ("all groups together: times their rates", "所有组一起：各自学习率的倍数"),
    "range_loss_axis": ("loss (running mean)", "损失（滑动平均）"),
    "range_disagrees_steepest_group": (
        "{group}: the range test's steepest fall, at lr {rate:.2g}, lies outside the map's rates that get no worse, "
        "{low:.2g} to {high:.2g}",
        "{group}：范围测试中下降最快处的学习率 {rate:.2g}，不在学习率图中不变差的范围 {low:.2g} 到 {high:.2g} 之内",
    ),
    "range_disagrees_tenth_group": (
        "{group}: a tenth of the range test's lowest loss, at lr {rate:.2g}, lies outside the map's rates that get no "
        "worse, {low:.2g} to {high:.2g}",
        "{group}：范围测试最低损失处的十分之一，即学习率 {rate:.2g}，"
        "不在学习率图中不变差的范围 {low:.2g} 到 {high:.2g} 之内",
    ),
    "range_disagrees_steepest_all": (
        "{group}: the range test's steepest fall, at {rate:.2g} times, lies outside the map's factors that get no "
        "worse, {low:.2g} to {high:.2g}",
        "{group}：范围测试中下降最快处的 {rate:.2g} 倍，不在学习率图中不变差的范围 {low:.2g} 到 {high:.2g} 倍之内",
    ),
    "range_disagrees_tenth_all": (
        "{group}: a tenth of the range test's lowest loss, {rate:.2g} times, lies outside the map's factors that get "
        "no worse, {low:.2g} to {high:.2g}",
        "{group}：范围测试最低损失处的十分之一，即 {rate:.2g} 倍，"
        "不在学习率图中不变差的范围 {low:.2g} 到 {high:.2g} 倍之内",
    ),
    "rates_put": ("In the table now: {rates}. Train to see them.", "已填入表格：{rates}。点击“训练”查看效果。"),
    "rates_one": ("{group} {lr}", "{group} {lr}"),
    "rates_with_decay": ("{group} {lr} (weight decay {weight_decay})", "{group} {lr}（权重衰减 {weight_decay}）"),
    "rates_no_group": (
        "The table has no group of that name any more; nothing was changed.",
        "表格中已没有同名的组；没有改动。",
    ),
    "match": ("Match an update size", "匹配更新量"),
    "rates_help": (
        "Looks, by short probe runs, for the learning rates that bring every group's median update / weight to a size "
        "of your choice. It matches a size, and says nothing of how well the run then learns: forcing all groups to "
        "one size can make it learn much worse. Try what it finds, over several seeds.",
        "通过几次短训练，寻找使每组更新量 / 权重的中位数达到您所选大小的学习率。它只匹配大小，并不说明训练效果："
        "强行让各组大小一致，可能使效果差得多。请用多个随机种子试一试它给出的结果。",
    ),
    "rates_target": ("Update / weight to match", "要匹配的更新量 / 权重"),
    "rates_start": ("Match", "匹配"),
    "rates_apply": ("Put them into the table", "填入表格"),
    "rates_undo": ("Undo", "撤销"),
    "rates_applied": (
        "The table has the rates that match. Train to see them; Undo brings yours back.",
        "表格已填入匹配的学习率。点击“训练”查看效果；“撤销”可恢复。",
    ),
    "rates_undone": (
        "The table is as it was before the last rates were put in.",
        "表格已恢复到上次填入学习率之前的样子。",
    ),
    "asked_done": ("Done.", "完成。"),
    "asked_stopped": ("Stopped as you asked.", "已按要求停止。"),
    "asked_time_limit": ("Stopped: it took longer than a run may.", "已停止：超过了允许的时间。"),
    "asked_non_finite": (
        "A loss or an update was no longer a finite number; lower the learning rates first.",
        "损失或更新量出现了 NaN 或无穷大；请先降低学习率。",
    ),
    "earlier_too_high": (
        "Run {run} of this visit reached {then:.1f} % where this one has {now:.1f} %, with nothing but lower learning "
        "rates: {rates}. So here they are too high.",
        "本次访问中的运行 {run} 达到 {then:.1f}%，而这次只有 {now:.1f}%，区别仅在于学习率更低：{rates}。"
        "可见现在的学习率过高。",
    ),
    "earlier_too_low": (
        "Run {run} of this visit reached {then:.1f} % where this one has {now:.1f} %, with nothing but higher learning "
        "rates: {rates}. So here they are too low.",
        "本次访问中的运行 {run} 达到 {then:.1f}%，而这次只有 {now:.1f}%，区别仅在于学习率更高：{rates}。"
        "可见现在的学习率过低。",
    ),
    "earlier_mixed": (
        "Run {run} of this visit reached {then:.1f} % where this one has {now:.1f} %, with nothing but other learning "
        "rates: {rates}.",
        "本次访问中的运行 {run} 达到 {then:.1f}%，而这次只有 {now:.1f}%，区别仅在于学习率：{rates}。",
    ),
    "no_findings_but": (
        "The test accuracy went from {before:.1f} to {after:.1f} %, the test loss from {loss_before:.2f} to "
        "{loss_after:.2f}. Nothing conspicuous was measured.",
        "测试准确率从 {before:.1f}% 变为 {after:.1f}%，测试损失从 {loss_before:.2f} 变为 {loss_after:.2f}。"
        "没有测到异常。",
    ),
    "percent": ("{number} %", "{number}%"),
    "preset_changed": (
        "This describes the preset as it comes; here differs: {changes}.",
        "以下说明针对预设原样；当前的不同之处：{changes}。",
    ),
    "no_findings": ("Nothing conspicuous was measured.", "没有测到异常。"),
    "how_to_read": ("How to read the chart", "如何看图"),
    "chart_help": (
        "**Update / weight** is how far a step moves a group, as a part of the group's own length. The grey band, "
        "where there is one, shows where runs of this network that learned were: it describes, it does not judge. "
        "Drag to zoom, double-click to go back; click a name to hide its line.",
        "**更新量 / 权重** 表示一步使该组变化了多少，以该组自身的长度为单位。若有灰色带，"
        "它表示该网络学习正常的运行所处的范围：只作描述，不作评判。拖动可放大，双击还原；点击名称可隐藏对应的线。",
    ),
    "heatmap": ("Heat map", "热力图"),
    "heatmap_help": (
        "Every parameter of the last run, a row each, in the steps that were sampled: how large its update was beside "
        "itself. It is drawn when a run has ended.",
        "上一次训练的每个参数各占一行，按采样的步显示其更新量与自身大小之比；训练结束后绘出。",
    ),
    "planned": ("Learning-rate schedule", "学习率调度"),
    "python_code": ("Python code", "Python 代码"),
    "code_help": (
        "The table's experiment as code without this app. The script trains as this page does: on the CPU, with as "
        "many threads, to the same weights bit for bit. The optimizers alone are for a project of your own, whose "
        "groups the recorder watches.",
        "表格中的实验，不依赖本应用的代码。脚本的训练与本页相同：在 CPU 上、线程数相同时，权重逐位一致。"
        "“仅优化器”可粘贴到您自己的项目中；“记录器”记录您自己的训练中各组的变化。",
    ),
    "code_script": ("Whole script (train.py)", "完整脚本（train.py）"),
    "code_optimizers": ("Optimizers only", "仅优化器"),
    "code_recorder": ("Recorder (record_groups.py)", "记录器（record_groups.py）"),
    "code_save": ("Save as a file", "保存为文件"),
    "code_of_structure": (
        "A whole script trains on images, which a network known by its names and shapes cannot: choose “Optimizers "
        "only” above.",
        "整个脚本要在图像上训练，而只知道名称与形状的网络做不到：请在上方选择“仅优化器”。",
    ),
    "code_waits": (
        "The code appears here once what is marked in red is corrected.",
        "请先改正红色标记处，代码随后显示在这里。",
    ),
    "downloads": ("Download", "下载"),
    "download_help": (
        "Of the last run: what was measured as CSV, the charts as one HTML page, the experiment as TOML for presets/.",
        "最近一次运行：测量数据（CSV）、图表（单个 HTML 页面）、实验设置（可放入 presets/ 的 TOML）。",
    ),
    "link_label": ("Link to the page as it was when you clicked", "您点击时的页面链接"),
    "link_title": ("Title for whoever opens it (optional)", "给打开者看的标题（可选）"),
    "link_close": ("Close the link", "关闭链接栏"),
    "link_note": ("Note (optional)", "备注（可选）"),
    "link_copied": ("The link is on the clipboard:", "链接已复制到剪贴板："),
    "link_by_hand": (
        "The browser does not let the page copy; copy the link from here:",
        "浏览器不允许自动复制，请手动复制：",
    ),
    "fix_before_link": (
        "A link is made of valid values only: correct what is marked in red, then copy.",
        "只有有效的内容才能生成链接：请先改正红色标记处，再复制。",
    ),
    "link_opened": (
        "Opened from the link: {model} on {dataset}, seed {seed}, groups: {count}. Train gives the same numbers as "
        "where the link was made, on the same kind of device.",
        "已从链接打开：{count} 个参数组，模型 {model}，数据集 {dataset}，随机种子 {seed}。在同类设备上点击“训练”，"
        "数值与原文一致。",
    ),
    "link_opened_structure": (
        "Opened from the link: {model}, groups: {count}.",
        "已从链接打开：{model}，{count} 个参数组。",
    ),
    "link_failed": (
        "The link in the address could not be opened, so the page shows a preset:",
        "无法打开地址中的链接，页面显示的是预设：",
    ),
    "differences": ("Differences", "分组差异"),
    "side_page": ("what the page shows", "当前页面"),
    "side_text": ("pasted text", "粘贴的文本"),
    "side_is_empty": ("nothing is pasted", "尚未粘贴内容"),
    "pasted_text": (
        "an experiment, a link, a recording, or groups as printed below",
        "实验、链接、训练记录，或按下面的方法打印的参数组",
    ),
    "differences_show": ("Show differences", "显示差异"),
    "differences_none": ("A and B have the same groups with the same settings.", "A 与 B 的分组和设置完全相同。"),
    "differences_counted": (
        "From A to B: parameters in another group: {moved}; only in B: {new}; only in A: {gone}; groups that only one "
        "of them has: {group}; settings that differ: {setting}.",
        "从 A 到 B：换组的参数 {moved} 个；仅 B 有 {new} 个；仅 A 有 {gone} 个；仅一边有的参数组 {group} 个；"
        "不同的设置 {setting} 项。",
    ),
    "differences_by_order": (
        "{side} numbers its parameters and does not name them: they are matched by their order.",
        "{side} 的参数只有编号、没有名称：按顺序对应。",
    ),
    "differences_settings_only": (
        "{side} says nothing of parameters: only settings are compared.",
        "{side} 没有列出参数：只比较设置。",
    ),
    "differences_cut": ("The table shows the first {shown} of {count}.", "表中只显示 {count} 项中的前 {shown} 项。"),
    "in_no_group": ("in no group", "不在任何组"),
    "not_on_side": ("not there", "没有"),
    "column_what": ("parameter, group or setting", "参数、参数组或设置"),
    "column_in_a": ("in A", "A 中"),
    "column_in_b": ("in B", "B 中"),
    "differences_help": (
        "Why does a checkpoint not fit, what did an edit move? Each side is this page, a run of this visit, a preset, "
        "or a text: an experiment (JSON, TOML), a link, a recording, what `print(optimizer)` writes (settings, and the "
        "parameters' names where the optimizer was given them), or what the lines below print of an optimizer, or of a "
        "saved one." + PRINT_GROUPS,
        "检查点为何不匹配？一次修改移动了哪些参数？两边各可选当前页面、本次访问中的运行、预设，或一段文本：实验"
        "（JSON、TOML）、链接、训练记录、`print(optimizer)` 的输出（设置；若创建优化器时传入了参数名，也包含参数名），"
        "或下面两段代码的输出：第一段用于优化器，第二段用于已保存的状态。" + PRINT_GROUPS,
    ),
    "import_panel": ("Import", "导入"),
    "import_hint": (
        "Paste an experiment here, or drop its file: JSON as the API takes it, or TOML as the download gives it; or a "
        "network's names and shapes; or a link; or drop a recorded run (.jsonl)",
        "把实验粘贴到这里，或把文件拖到这里：API 所用的 JSON，或下载得到的 TOML；也可以是网络的参数名与形状、"
        "链接，或训练记录（.jsonl）",
    ),
    "import_help": (
        "Also a network of your own, by its names and shapes: paste what the line below prints, or JSON of names and "
        "shapes, or drop `.safetensors` files (your browser reads their headers only, no weights).\n\n"
        "```\nfor n, p in model.named_parameters(): print(n, tuple(p.shape))\n```",
        "也可以导入自己的网络，只需参数名和形状：粘贴下面这行代码的输出、名称与形状的 JSON，或拖入 "
        "`.safetensors` 文件（浏览器只读取文件头，不读权重）。\n\n"
        "```\nfor n, p in model.named_parameters(): print(n, tuple(p.shape))\n```",
    ),
    "imported_network": (
        "Read: {tensors:,} parameters, {weights:,} weights. One group takes them all; divide it as you like.",
        "已读取：{tensors:,} 个参数张量，共 {weights:,} 个权重。目前全部在一个组里，可自行划分。",
    ),
    "import_button": ("Import", "导入"),
    "import_again": ("Read it again", "重新读取"),
    "import_file": ("or choose a file:", "或选择文件："),
    "imported": (
        "Imported: {model} on {dataset}, seed {seed}, groups: {count}.",
        "已导入：{count} 个参数组，模型 {model}，数据集 {dataset}，随机种子 {seed}。",
    ),
    "imported_wrong": (
        "Some of it is wrong. The cells show what was written; what no cell or input can show is left out or set to "
        "its default:",
        "其中有错误。单元格中保留了原来的内容；无法显示的内容已略去或改为默认值：",
    ),
    "import_failed": ("This could not be imported, and the page is unchanged:", "无法导入，页面保持原样："),
    "and_more": ("… and {count} more", "……另有 {count} 个"),
    "own_title": ("My experiment", "我的实验"),
    "no_run_yet": ("There is no run to download yet: press Train first.", "还没有可下载的运行：请先点击“训练”。"),
    "download_csv": ("Measurements (CSV)", "测量数据（CSV）"),
    "download_html": ("Charts (HTML)", "图表（HTML）"),
    "download_jsonl": ("Run, to be opened here again (JSONL)", "训练记录，可在此重新打开（JSONL）"),
    "download_toml": ("Experiment (TOML)", "实验（TOML）"),
    "earlier": ("Runs of this visit: tick to draw them dashed in the chart", "本次访问的运行：勾选后以虚线叠加在图上"),
    "delete_ticked": ("Delete the ticked runs", "删除勾选的运行"),
    "column_group": ("group", "组"),
    "column_weights": ("weights", "权重数"),
    "column_distance": ("distance from start", "相对初值的偏移"),
    "column_ratio": ("median update / weight", "更新量 / 权重（中位数）"),
    "column_badge": ("check", "校验"),
    "column_reading": ("in words", "说明"),
    "try_again": ("Try the download again", "重新下载"),
    "cifar10_checking": ("Looking for CIFAR-10 …", "正在查找 CIFAR-10……"),
    "cifar10_loading": (
        "Downloading CIFAR-10: {done:.0f} of {total:.0f} MB. Until it is here, runs use generated shapes.",
        "正在下载 CIFAR-10：{done:.0f} / {total:.0f} MB。完成之前使用生成的图形。",
    ),
    "cifar10_here": ("CIFAR-10 is here.", "CIFAR-10 已就绪。"),
    "cifar10_missing": (
        "CIFAR-10 could not be downloaded ({reason}). Runs use generated shapes, and every chart says so.",
        "CIFAR-10 下载失败（{reason}）。实验使用生成的图形，每张图表都会注明。",
    ),
    "why_no_connection": ("no connection", "没有网络连接"),
    "why_no_answer": ("no answer in time", "服务器没有及时响应"),
    "why_http": ("the server answered with error {code}", "服务器返回错误 {code}"),
    "why_wrong_file": ("the file that arrived is not the right one", "下载到的文件不正确"),
    "why_no_permission": ("no permission to write there", "没有写入权限"),
    "why_disk_full": ("the disk is full", "磁盘已满"),
    "why_unreadable": ("the file {file} cannot be read", "文件 {file} 无法读取"),
    "why_other_file": (
        "the content of the file {file} is not what its name says",
        "文件 {file} 的内容与文件名所示的校验值不符",
    ),
    "device_note": ("Runs use the **{device}**.", "计算设备：**{device}**。"),
    "fix_first": ("Correct what is marked in red, then train.", "请先改正红色标记处，再开始训练。"),
    # The group table.
    "table_name": ("name", "名称"),
    "table_params": ("parameters (globs)", "参数名匹配（glob）"),
    "table_role": ("role", "角色"),
    "table_depth": ("depth", "深度"),
    "table_layer_decay": ("layer decay", "层间学习率衰减（layer decay）"),
    "table_optimizer": ("optimizer", "优化器"),
    "table_lr": ("lr", "学习率"),
    "table_weight_decay": ("weight decay", "权重衰减"),
    "table_momentum": ("momentum", "动量"),
    "table_options": ("options", "其他选项"),
    "table_add": ("Add group", "添加组"),
    "table_delete": ("delete group", "删除组"),
    "table_duplicate": ("duplicate group", "复制组"),
    "table_copy": ("copy", "复制"),
    "table_more": ("more settings of group", "更多设置：组"),
    "table_filter": ("Find groups by name or parameters", "按名称或参数名查找组"),
    "table_undo": ("Undo (Ctrl+Z)", "撤销（Ctrl+Z）"),
    "table_redo": ("Redo (Ctrl+Shift+Z)", "重做（Ctrl+Shift+Z）"),
    "table_reset": ("Reset", "还原"),
    "table_before": ("before:", "改动前："),
    "table_role_hint": (
        "only weights, biases or norm layers; or by shape: matrix has two or more dimensions, vector fewer",
        "仅权重、偏置或归一化层；或按形状：matrix 为二维及以上，vector 为一维及以下",
    ),
    "table_momentum_hint": ("SGD, RMSprop and Muon only", "仅 SGD、RMSprop、Muon"),
    "table_options_hint": ("e.g. betas=(0.9, 0.95)", "例如 betas=(0.9, 0.95)"),
    "table_up": ("move up", "上移"),
    "table_down": ("move down", "下移"),
    "table_of_group": ("of group", "组"),
    "table_new": ("group", "组"),
    "table_default": ("default", "默认"),
    "table_schedule": ("schedule", "学习率调度"),
    "table_start_epoch": ("start epoch", "起始 epoch（解冻轮次）"),
    "table_never": ("never", "不冻结"),
    "table_all": ("all", "全部"),
    "table_choice_any": ("any", "any（全部）"),
    "table_choice_weight": ("weight", "weight（权重）"),
    "table_choice_bias": ("bias", "bias（偏置）"),
    "table_choice_norm": ("norm", "norm（归一化层）"),
    "table_choice_matrix": ("matrix", "matrix（二维及以上）"),
    "table_choice_vector": ("vector", "vector（一维及以下）"),
    "table_choice_constant": ("constant", "constant（恒定）"),
    "table_choice_warmup_cosine": ("warmup_cosine", "warmup_cosine（预热后余弦下降）"),
    "table_choice_step": ("step", "step（分步下降）"),
    "table_choice_one_cycle": ("one_cycle", "one_cycle（单周期）"),
    "table_choice_linear": ("linear", "linear（线性下降）"),
    "table_choice_multi_step": ("multi_step", "multi_step（多段下降）"),
    "table_choice_exponential": ("exponential", "exponential（指数下降）"),
    "table_choice_cosine_restarts": ("cosine_restarts", "cosine_restarts（余弦重启）"),
    "table_choice_wsd": ("wsd", "wsd（预热、恒定、衰减）"),
    "table_choice_frozen": ("frozen", "frozen（冻结）"),
    "table_depth_hint": (
        "blocks of the network: a number, a range such as 2-5 or 4-, stem (0) or head; empty means all",
        "网络中的块：一个数字、2-5 或 4- 这样的范围、stem（0）或 head；留空表示全部",
    ),
    "table_layer_decay_hint": (
        "one group per depth: lr at the head, times this factor for each step away from it; empty for none",
        "每个深度一组：分类头（head）用此学习率，每远离一层乘以该系数；留空表示不用",
    ),
    "table_schedule_hint": (
        "how the lr changes from the group's start to the end of the run",
        "学习率从该组开始训练到运行结束的变化方式",
    ),
    "table_schedule_options": ("schedule options", "调度参数"),
    "table_schedule_options_hint": (
        "in grey what it does by itself; lengths are shares of its steps, the floor one of its lr",
        "灰字为默认值；长度为占步数的比例，floor 为占该组学习率的比例",
    ),
    "table_end_epoch": ("freeze from", "冻结起始 epoch"),
    "table_end_epoch_hint": (
        "frozen again once so many epochs are over, without gradients: with zeros, momentum and decay would go on "
        "moving it; empty for never",
        "训练满这么多轮之后重新冻结，且不再有梯度（若梯度只是置零，动量和权重衰减仍会移动权重）；留空表示不冻结",
    ),
    "table_start_epoch_hint": (
        "frozen until so many epochs are over; 0 trains from the start",
        "训练满这么多轮之前保持冻结；0 表示从头开始训练",
    ),
    "starts_too_late": (
        "{value} is too late, with epochs at {epochs}: the group would never train; write {most} at most, or take "
        "more epochs",
        "共训练 {epochs} 轮，起始 epoch {value} 太晚，该组永远得不到训练；请填写不大于 {most} 的数，或增加训练轮数",
    ),
    "none_starts": (
        "no group trains before epoch {value} is over; let at least one start at 0",
        "前 {value} 轮没有任何组训练；请至少让一组从 0 开始",
    ),
    "ends_before_start": (
        "{value} is not after the start epoch {start}: the group would never train; write {least} or more, or leave it "
        "empty",
        "{value} 不晚于起始 epoch {start}，该组永远得不到训练；请填写 {least} 或更大的数，或留空",
    ),
    "ends_too_late": (
        "{value} is too late, with epochs at {epochs}: the group would never freeze; leave it empty, write "
        "less, or take more epochs",
        "共训练 {epochs} 轮，从 epoch {value} 起冻结太晚，该组不会冻结；请留空，或改小，或增加训练轮数",
    ),
    "none_goes_on": (
        "no group trains in epoch {epoch} (counted from 1), when this one is frozen; let at least one go on",
        "该组冻结之后，第 {epoch} 轮没有任何组训练；请至少让一组继续训练",
    ),
    "schedule_option_not_taken": (
        "the schedule {schedule} takes no {value}; it takes: {allowed}",
        "调度 {schedule} 不接受 {value}；可用的参数：{allowed}",
    ),
    "not_shares": (
        "{value} must be a tuple of 1 to {most} rising shares from 0 to 1, as (0.5, 0.75)",
        "{value} 必须是 1 到 {most} 个递增的比例（0 到 1）组成的元组，例如 (0.5, 0.75)",
    ),
    "floor_of_exponential": (
        "{value} cannot be reached by multiplying; write a share above 0, such as floor=0.01",
        "{value} 无法靠逐步相乘达到；请填写大于 0 的比例，例如 floor=0.01",
    ),
    "one_cycle_falls": (
        "{value} leaves no step for the way down; write a share below 1",
        "{value} 没有给下降阶段留下任何一步；请填写小于 1 的比例",
    ),
    "wsd_too_long": (
        "warmup {warmup:g} and decay {decay:g} are {value} of the steps together: at most 1",
        "warmup {warmup:g} 与 decay {decay:g} 合计占步数的 {value}：最多为 1",
    ),
    # The assignment.
    "where_parameter": ("parameter", "参数"),
    "where_shape": ("shape", "形状"),
    "where_count": ("weights", "权重数"),
    "where_role": ("role", "角色"),
    "where_depth": ("depth", "深度"),
    "where_group": ("group", "组"),
    "where_rule": ("matched by", "匹配规则"),
    "where_shadowed": ("also fits", "也符合的组"),
    "where_none": ("in no group!", "不在任何组中！"),
    "where_tensors": ("tensors", "个张量"),
    "where_weights": ("weights", "个权重"),
    # What torch will use for each group.
    "where_lr": ("lr", "学习率"),
    "where_betas": ("betas", "betas"),
    "where_momentum": ("momentum", "动量"),
    "where_decay": ("decay", "权重衰减"),
    "where_no_decay": ("none", "无"),
    "where_shrinks": ("shrinks by lr·wd = {shrink} per step", "每步按 lr·wd = {shrink} 的比例缩小"),
    "where_penalty": ("L2", "L2"),
    "where_depths": (
        "{name}: layer decay over {count} depths; the network has {whole} (0 is the stem)",
        "{name}：层间学习率衰减分布在 {count} 个深度上；网络共有 {whole} 个深度（0 为 stem）",
    ),
    "where_size": ("size", "规模"),
    "where_state": ("optimizer state", "优化器状态"),
    # What is allowed but may not be meant.
    "decay_on_norm_or_bias": (
        "{decay} also shrinks biases or norm parameters ({count} here); usually only weights decay: give those a "
        "group above, with decay 0",
        "{decay} 也会缩小偏置或归一化参数（此处 {count} 个）；通常只对权重做衰减：请在上方为它们另设一组，"
        "权重衰减设为 0",
    ),
    "decay_on_tokens_or_scales": (
        "{decay} also shrinks special tokens, tables of positions or layer scales ({count} here: {names}); timm, Swin "
        "and MAE’s fine-tuning keep such from decay: give them a group above, with decay 0",
        "{decay} 也会缩小特殊 token、位置表或层缩放（LayerScale）参数（此处 {count} 个：{names}）；"
        "timm、Swin 和 MAE 的微调都不对它们做衰减：请在上方为它们另设一组，权重衰减设为 0",
    ),
    "decay_not_decoupled": (
        "{optimizer} adds decay {decay} to the gradient (L2), so large gradients decay less; for a steady shrink use "
        "AdamW or the option decoupled_weight_decay",
        "{optimizer} 把权重衰减 {decay} 加进梯度（L2），梯度越大衰减越弱；若要按固定比例缩小，"
        "请用 AdamW 或选项 decoupled_weight_decay",
    ),
    "layer_decay_one_depth": (
        "layer decay changes nothing between these parameters: all are at depth {depth}, and the network has {count} "
        "in all (0 is the stem)",
        "层间学习率衰减在这些参数之间不起作用：它们都在深度 {depth}；整个网络共有 {count} 个深度（0 为 stem）",
    ),
    "layer_decay_few_depths": (
        "layer decay finds {count} depths here, though the network has {blocks} blocks in lists: many share one rate. "
        "See the column depth under “Which group each parameter is in”",
        "层间学习率衰减在这里只找到 {count} 个深度，而网络的各列表中共有 {blocks} 个块：许多块共用一个学习率。"
        "请看“参数归属”中的“深度”列",
    ),
    "muon_on_embeddings": (
        "Muon is meant for hidden layers; embeddings, output layers and weights tied to them ({count} here) are better "
        "left to AdamW, as Muon’s author says and DeepSpeed does (#7641): {names}",
        "Muon 适用于隐藏层；嵌入层、输出层及与其共享的权重（此处 {count} 个）宜交给 AdamW，"
        "Muon 的作者如此建议，DeepSpeed 也如此（#7641）：{names}",
    ),
    "lr_zero": (
        "lr 0 moves nothing, but gradients are computed and {optimizer} keeps its state, if any; “frozen” spares both",
        "学习率为 0，参数不变，但仍会计算梯度并保留 {optimizer} 的状态（若有）；选 frozen（冻结）可省去两者",
    ),
    "lr_zero_first": (
        "{optimizer} takes lr as its first step only and grows it from there: with 0 the weights still move. Choose "
        "“frozen” to leave them as they are",
        "{optimizer} 只把学习率当作第一步的步长，之后自行增大：填 0 参数仍会变化。若要保持不变，请选 frozen（冻结）",
    ),
    "came_frozen": (
        "{count} of its parameters come with requires_grad=False and stay frozen, as in torch, whatever the group "
        "says: {names}. To train them, switch it on in the network's own code",
        "其中 {count} 个参数在网络代码中已设为 requires_grad=False；与 torch 一样，不论组如何设置都保持冻结：{names}。"
        "要训练它们，请在网络自己的代码中打开 requires_grad",
    ),
    "frozen_norm_drifts_on": (
        "the weights freeze at this epoch, but the running statistics of its norm layers ({count}) drift on, since "
        "“Frozen BatchNorm” is train; choose eval to keep them",
        "权重在该 epoch 冻结，但其归一化层（{count} 个）的运行统计量仍会继续漂移，因为“冻结的 BatchNorm”为 train；"
        "选 eval 可保持不变",
    ),
    "frozen_norm_drifts": (
        "frozen, but the running statistics of its norm layers ({count}) drift, since “Frozen BatchNorm” is train; "
        "choose eval to keep them",
        "已冻结，但其归一化层（{count} 个）的运行统计量仍会漂移，因为“冻结的 BatchNorm”为 train；选 eval 可保持不变",
    ),
    "all_zero_at_start": (
        "all parameters of this group ({count}) start at zero: update / weight is undefined at first, then very large",
        "该组的参数（{count} 个）初始全为零：更新量 / 权重起初没有定义，随后会非常大",
    ),
}


def fixed_words(language: str) -> dict[str, str]:
    """All sentences that nothing fills, for the browser to choose from by itself."""
    return {key: say(key, language) for key, (english, _) in TEXT.items() if "{" not in english}


def words(prefix: str, *keys: str) -> dict[str, dict[str, str]]:
    """The sentences `prefix` + key in each language by key, for a widget that chooses in the browser."""
    return {language: {key: say(prefix + key, language) for key in keys} for language in LANGUAGES}

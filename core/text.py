"""Every word the page shows, English and Chinese side by side. Imports nothing of the project."""

from __future__ import annotations

import reprlib
from typing import Any

LANGUAGES = ("en", "zh")


class Shown(str):
    """Text that a sentence shows as it is, without quotes unless it holds what cannot be printed."""


def language_of(tag: object) -> str:
    """The page's language for a browser's language tag, such as "zh-CN" or "en-GB,en;q=0.9"."""
    return "zh" if str(tag).lower().startswith("zh") else "en"


def say(key: str, language: str = "en", /, **values: Any) -> str:
    """The sentence `key` in a language, filled with `values`; `value` is shown shortened, as typed."""
    if "value" in values:
        values["value"] = _shorten(values["value"])
    return TEXT[key][LANGUAGES.index(language)].format(**values)


def _shorten(value: object) -> str:
    if isinstance(value, Shown) and value.isprintable():
        return value if len(value) <= 60 else value[:57] + "..."
    try:
        shown = _short.repr(value)
        return shown if len(shown) <= 120 else shown[:117] + "..."
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
    "too_many_stars": (
        "the pattern {value} has too many stars; at most {most} are allowed",
        "模式 {value} 的星号太多；最多 {most} 个",
    ),
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
    "not_a_depth": (
        "{value} is not a depth; write a number, a range as 2-5 or 4-, stem or head; empty means all",
        "{value} 不是深度；请填一个数字、2-5 或 4- 这样的范围、stem 或 head；留空表示全部",
    ),
    "too_many_points": (
        "{value} steps of {groups} groups are too many for the charts; at most {most} steps with so many groups",
        "{groups} 组共 {value} 步，图表容纳不下；这么多组时最多 {most} 步",
    ),
    "too_many_steps": (
        "that makes {value} steps; at most {most}: fewer epochs, fewer images or a larger batch",
        "这样共有 {value} 步；最多 {most} 步：请减少轮数或图像数，或增大批大小",
    ),
    # Models, data, memory and time.
    "unknown_name": ("there is no {value}; near it are: {near}", "没有 {value}；相近的有：{near}"),
    "image_size_refused": (
        "{model} does not take images of {value} px; sizes that it takes: {sizes} (torch says: {reason})",
        "{model} 不接受 {value} 像素的图像；可用的尺寸：{sizes}（torch 的说明：{reason}）",
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
    "too_few_images": ("{value} images are asked for, but there are {most}", "需要 {value} 张图像，但只有 {most} 张"),
    "none_held_out": (
        "{value} training images leave too few to judge learning rates by: {count} that no run trains on are needed; "
        "use at most {most}",
        "{value} 张训练图像用完后，留下的不足以评判学习率：需要 {count} 张不参与训练的图像；请最多用 {most} 张",
    ),
    "image_unreadable": (
        "one of its images cannot be read; the program's own log names the file",
        "其中一张图像无法读取；程序的日志中有文件名",
    ),
    "batch_over_memory": (
        "a batch of {value} needs about {need:.1f} GB of memory, and {free:.1f} GB are free; at most {most} images fit",
        "批大小 {value} 约需 {need:.1f} GB 内存，而可用的只有 {free:.1f} GB；最多 {most} 张图像",
    ),
    "model_over_memory": (
        "training {model} needs at least {need:.1f} GB of memory, and {free:.1f} GB are free; choose a smaller model, "
        "smaller images or fewer of them, or freeze a part",
        "训练 {model} 至少需要 {need:.1f} GB 内存，而可用的只有 {free:.1f} GB；请换小一些的模型、减小图像或减少图像数，"
        "或冻结一部分",
    ),
    "too_long_run": (
        "this run would take {minutes:.3g} minutes or more, by its own first steps, and {limit:.3g} are allowed; "
        "choose fewer epochs, fewer or smaller images, or a smaller model",
        "按最初几步估计，这次运行至少需要 {minutes:.3g} 分钟，而上限为 {limit:.3g} 分钟；"
        "请减少轮数、减少或缩小图像，或换小一些的模型",
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
    "own_model_lazy": (
        "--model {value}: the network's lazy layers have no shape yet; give each the number of its inputs",
        "--model {value}：网络中的惰性层还没有形状；请给出每层的输入数",
    ),
    "own_model_outputs": (
        "--model {value}: no batch of two images of {sizes} px gave two rows of {classes} outputs or more; "
        "the first answer: {reason}",
        "--model {value}：两张 {sizes} 像素的图像都没有得到两行、每行不少于 {classes} 个输出（第一次的结果：{reason}）",
    ),
    "own_model_fails": (
        "the function {value} raised an error; the program's own log tells it",
        "函数 {value} 出错；详见程序的日志",
    ),
    "own_images_name": (
        "--data-dir: a folder of images cannot be called {value}; give it another name",
        "--data-dir：图像文件夹不能叫 {value}；请换一个名称",
    ),
    "own_images_broken": (
        "--data-dir {value}: images are looked for as train/<class>/... and test/<class>/...: {reason}",
        "--data-dir {value}：图像应放在 train/<类别>/... 与 test/<类别>/... 中：{reason}",
    ),
    "own_images_classes": (
        "--data-dir {value}: {count} classes; from {low} to {high} can be told apart",
        "--data-dir {value}：有 {count} 个类别；允许 {low} 到 {high} 个",
    ),
    "own_images_unreadable": (
        "--data-dir: {value} is not an image that can be read",
        "--data-dir：{value} 不是可读取的图像",
    ),
    "own_only_local": (
        "an own model or folder of images is for this machine alone: leave out --share, and let --host be 127.0.0.1",
        "自己的模型或图像文件夹只能在本机使用：请去掉 --share，并将 --host 设为 127.0.0.1",
    ),
    "not_toml": ("this is no readable TOML: {reason}", "无法读取该 TOML：{reason}"),
    "not_json": ("this is no readable JSON: {reason}", "无法读取该 JSON：{reason}"),
    "not_utf8": (
        "this is no text in UTF-8; save it as a text file of that kind",
        "这不是 UTF-8 文本；请另存为 UTF-8 文本文件",
    ),
    "file_empty": (
        "there is nothing in it; give an experiment as JSON or TOML",
        "内容为空；请提供 JSON 或 TOML 格式的实验",
    ),
    "file_too_large": ("this is larger than {most} kB, the most that is read", "内容超过 {most} kB，这是可读取的上限"),
    # Optimizers that were built elsewhere.
    "class_unknown": (
        "{value} is no optimizer that the lab knows; those of torch.optim that it knows: {allowed}",
        "这里不认识优化器 {value}；认识的 torch.optim 优化器有：{allowed}",
    ),
    "option_unknown": (
        "the group has {value}, which is no option of {optimizer} that the lab knows; known are: {allowed}",
        "该组含有 {value}，这里不认识 {optimizer} 的这个选项；认识的有：{allowed}",
    ),
    "not_the_models": (
        "a parameter of shape {value} is not the model's; was the optimizer made for another model?",
        "形状为 {value} 的参数不属于该模型；这个优化器是否为另一个模型而建？",
    ),
    "parameter_twice": (
        "{value} is in group {row} already; it would be updated twice: keep it in one group of one optimizer",
        "{value} 已在第 {row} 组中，会被更新两次；请只在一个优化器的一个组中保留它",
    ),
    # Links.
    "link_unreadable": (
        "this link cannot be read; perhaps it was cut off where it was copied: ask for it again",
        "无法读取此链接；可能在复制时被截断，请重新索取",
    ),
    "link_too_long": (
        "this link is too long to be read: {count} characters, at most {most}",
        "此链接太长，无法读取：{count} 个字符，最多 {most} 个",
    ),
    "link_version": (
        "this link is of version {value}, and only version {known} can be read here; ask for a new link",
        "此链接的版本为 {value}，这里只能读取版本 {known}；请索取新的链接",
    ),
    "too_long_for_link": (
        "the experiment is too long for a link: {count} characters, at most {most}; download it as TOML instead",
        "实验太长，放不进链接：{count} 个字符，最多 {most} 个；请改为下载 TOML",
    ),
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
    "depth_not_there": (
        "this group gets nothing: the network has no depth {value}; its depths are 0 (stem) to {deepest} (head)",
        "该组没有得到参数：网络没有深度 {value}；深度为 0（stem）到 {deepest}（head）",
    ),
    "depth_matches_nothing": (
        "this group gets nothing: what its patterns match is not at depth {value}, but at {found}",
        "该组没有得到参数：它匹配的参数不在深度 {value}，而在 {found}",
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
    # What a run says.
    "status_ready": ("Ready.", "就绪。"),
    "status_preparing": ("Preparing images and model …", "正在准备图像和模型……"),
    "status_waiting": (
        "Waiting in line: {place} ahead of you. One run computes at a time.",
        "排队中：前面还有 {place} 个。同一时间只计算一个实验。",
    ),
    "status_weights": (
        "Downloading pre-trained weights: {done:.0f} of {total:.0f} MB",
        "正在下载预训练权重：{done:.0f} / {total:.0f} MB",
    ),
    "status_frozen": (
        "The frozen part, once for all epochs: {done} of {total} images",
        "冻结部分（所有轮次只算一次）：{done} / {total} 张图像",
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
    "finished_stopped": (
        "Stopped as you asked, after {step} of {total} steps. What was measured stays below.",
        "已按要求停止，完成 {step} / {total} 步。已测得的结果保留在下方。",
    ),
    "finished_non_finite": (
        "Stopped at step {step}: a loss or an update is no longer a finite number.",
        "在第 {step} 步停止：损失或更新量不再是有限的数。",
    ),
    "finished_time_limit": (
        "Stopped after {seconds:.0f} s, the longest a run may take ({step} of {total} steps). "
        "What was measured stays below.",
        "运行 {seconds:.0f} 秒后停止，已达时间上限（{step} / {total} 步）。已测得的结果保留在下方。",
    ),
    "line_full": (
        "Too many runs are waiting. Please try again in a minute; nothing you typed is lost.",
        "等待的实验太多，请一分钟后再试；您填写的内容不会丢失。",
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
        "设备内存不足，运行已结束。请减小批大小或图像尺寸，或选择更小的模型；您填写的内容不会丢失。",
    ),
    "run_failed": (
        "The run failed: {reason}. Smaller images or batches may help; nothing you typed is lost.",
        "运行失败：{reason}。减小图像或批大小或许有用；您填写的内容不会丢失。",
    ),
    # Whether the frozen beginning of the network is computed once.
    "frozen_part_once": (
        "From epoch {epoch}: the frozen part was computed once for all {images:,} images "
        "({megabytes:,.0f} MB kept), the rest in every step.",
        "从第 {epoch} 轮起：冻结部分对全部 {images:,} 张图像只算一次（保留 {megabytes:,.0f} MB），其余部分每步都算。",
    ),
    "frozen_part_each_step": (
        "From epoch {epoch}: the frozen part is computed anew in every step, because {reason}.",
        "从第 {epoch} 轮起：冻结部分每步都重新计算，因为{reason}。",
    ),
    "frozen_part_norms_drift": (
        "its normalisation layers are in train mode, so what it gives changes",
        "其归一化层处于 train 模式，输出会变",
    ),
    "frozen_part_one_epoch": ("it would be used for one epoch only", "只会用于一个轮次"),
    "frozen_part_not_traced": ("torch.fx cannot cut this network apart", "torch.fx 无法切分这个网络"),
    "frozen_part_too_large": (
        "what it gives for all images would take {gigabytes:.1f} GB",
        "对全部图像的输出将占 {gigabytes:.1f} GB",
    ),
    "frozen_part_differs": ("cut off it gave other numbers", "切开后得到的数值不同"),
    "made_with": (
        "Charts below: **{model}**, {weights} weights, on **{dataset}** ({train} training and {test} test images, "
        "{size} px), seed {seed}, computed on **{device}**.",
        "下方图表：**{model}**，{weights}权重，数据为 **{dataset}**（{train} 张训练图像、{test} 张测试图像，"
        "{size} 像素），随机种子 {seed}，在 **{device}** 上计算。",
    ),
    "weights_random": ("random", "随机"),
    "weights_pretrained": ("pre-trained", "预训练"),
    "weights_missing": (
        "⚠ **Random weights instead of pre-trained ones**: they could not be had ({reason}). "
        "What you see is not fine-tuning.",
        "⚠ **使用的是随机权重，而不是预训练权重**：无法取得预训练权重（{reason}）。您看到的不是微调。",
    ),
    "dataset_cifar10": ("CIFAR-10 photographs", "CIFAR-10 照片"),
    "dataset_shapes": ("generated shapes", "生成的图形"),
    "reading_frozen": (
        "frozen: {moved:,} of {weights:,} weights moved",
        "已冻结：{weights:,} 个权重中有 {moved:,} 个移动",
    ),
    "reading_frozen_moved": (
        "said to be frozen, but {moved:,} of {weights:,} weights moved",
        "标为冻结，但 {weights:,} 个权重中有 {moved:,} 个移动了",
    ),
    "reading_moved": ("{moved:,} of {weights:,} weights moved", "{weights:,} 个权重中有 {moved:,} 个移动"),
    "reading_update": (
        "; a typical step changed the group by {percent:.2g} %",
        "；典型的一步使其变化 {percent:.2g}%",
    ),
    "reading_usual": (
        " (in runs of this network that learned: {low:.2g} to {high:.2g} % in the first {steps} steps)",
        "（该网络学得好的运行：前 {steps} 步为 {low:.2g}% 到 {high:.2g}%）",
    ),
    # Badges and findings.
    "badge_no_step": ("no step was taken", "没有训练任何一步"),
    "badge_frozen": ("verified frozen", "已证实冻结"),
    "badge_drifting": (
        "drifting: claims frozen, but its running statistics changed by {percent:.3g} %",
        "在漂移：标为冻结，但其运行统计量变化了 {percent:.3g} %",
    ),
    "badge_not_frozen": (
        "not frozen: {moved:,} of {weights:,} weights moved",
        "没有冻结：{weights:,} 个权重中有 {moved:,} 个移动了",
    ),
    "badge_trained": ("trained", "已训练"),
    "badge_unmoved": ("did not move", "没有移动"),
    "finding_non_finite": (
        "{group}: its gradient or update was the first that was no longer a finite number, in step {step}. "
        "Such a number ends the run.",
        "{group}：在第 {step} 步，它的梯度或更新量最先不再是有限的数。出现这样的数，运行即结束。",
    ),
    "finding_non_finite_led": (
        "{group}: in step {step} gradients or updates were no longer finite numbers ({names}); in the step before, "
        "this group's update/weight of {ratio:.3g} was the largest of them. Such a number ends the run.",
        "{group}：在第 {step} 步，梯度或更新量不再是有限的数（{names}）；在前一步，其中该组的更新量/权重最大，"
        "为 {ratio:.3g}。出现这样的数，运行即结束。",
    ),
    "finding_non_finite_all": (
        "In step {step} gradients or updates were no longer finite numbers: {names}. Such a number ends the run.",
        "在第 {step} 步，以下各组的梯度或更新量不再是有限的数：{names}。出现这样的数，运行即结束。",
    ),
    "finding_exploding": (
        "{group}: its gradient norm grew {times:.3g}-fold, from {first:.3g} to {last:.3g} (medians of the first and "
        "the last fifth of the steps). Rule: more than {limit:g}-fold is an exploding gradient.",
        "{group}：梯度范数增大到 {times:.3g} 倍，从 {first:.3g} 到 {last:.3g}（前五分之一与后五分之一步数的中位数）。"
        "规则：超过 {limit:g} 倍即为梯度爆炸。",
    ),
    "finding_no_gradient": (
        "{group}: its gradient was 0 in all {steps:,} steps, so the loss taught its {weights:,} weights nothing. "
        "Rule: a trained group without any gradient is dead.",
        "{group}：全部 {steps:,} 步中梯度都为 0，它的 {weights:,} 个权重没有从损失学到任何东西。"
        "规则：参与训练却没有任何梯度的组没有在学习。",
    ),
    "finding_unmoved": (
        "{group}: it has gradients, but 0 of its {weights:,} weights moved in {steps:,} steps. "
        "Rule: a trained group that does not move is dead.",
        "{group}：有梯度，但 {steps:,} 步后 {weights:,} 个权重中移动了 0 个。规则：参与训练却不移动的组没有在学习。",
    ),
    "finding_mostly_still": (
        "{group}: its median update/weight is {ratio:g}: in half of the steps or more it did not move at all.",
        "{group}：更新量/权重的中位数为 {ratio:g}：至少一半的步中它完全没有移动。",
    ),
    "finding_nothing_learned": (
        "This run did not learn: after {steps} steps its accuracy is {accuracy:.1f} %, where guessing gives "
        "{chance:.1f} % (± {noise:.1f}), and its test loss {loss:.3g}, where a constant guess has {guess:.3g}.",
        "这次运行没有学到东西：{steps} 步之后准确率为 {accuracy:.1f}%，而随机猜测为 {chance:.1f}%（± {noise:.1f}）；"
        "测试损失为 {loss:.3g}，而恒定猜测为 {guess:.3g}。",
    ),
    "finding_ascent": (
        "{group}: its updates raise the loss: to first order (gradient × update) {share:.3g} % of its {steps} steps "
        "added to it, {rise:.2g} nats in the median. It goes up instead of down, as with maximize or a wrong sign.",
        "{group}：它的更新在抬高损失：按一阶近似（梯度 × 更新量），{steps} 步中有 {share:.3g}% 使损失上升，"
        "中位数为每步 {rise:.2g} nat。它在做梯度上升而不是下降，例如设置了 maximize 或符号写反。",
    ),
    "finding_leap": (
        "{group}: the first to leap: step {step} alone changed it by {percent:,.0f} % of its own size.",
        "{group}：最先发生剧变的一组：仅第 {step} 步就使其变化了自身大小的 {percent:,.0f}%。",
    ),
    "finding_overshoot": (
        "{group}: its update in step {step} ({percent:.3g} % of its own size) went beyond what a gradient can tell: to "
        "first order (gradient × update) it should have lowered the loss by {fall:.3g} nats, where the loss was "
        "{loss:.3g} and cannot fall below 0.",
        "{group}：它在第 {step} 步的更新（自身大小的 {percent:.3g}%）超出了梯度有效的范围："
        "按一阶近似（梯度 × 更新量），应使损失下降 {fall:.3g} nat，而当时的损失为 {loss:.3g}，且不可能低于 0。",
    ),
    "finding_spike": (
        "The batch loss rose to {highest:.3g} in step {step}, from {first:.3g} in the first. "
        "Rule: more than {limit:g} times the start is a blow-up.",
        "批次损失在第 {step} 步升到 {highest:.3g}，第一步为 {first:.3g}。规则：超过起点的 {limit:g} 倍即为损失爆炸。",
    ),
    "finding_dead_units": (
        "{group}: of the outputs of the ReLU behind {layer}, {before:.3g} % were zero on the test images before "
        "training, and {after:.4g} % are at the end: its units are dead and pass hardly any gradient on.",
        "{group}：在测试图像上，{layer} 之后 ReLU 的输出在训练前有 {before:.3g}% 为零，结束时为 {after:.4g}%："
        "其神经元已死亡，几乎不再传递梯度。",
    ),
    "finding_near_start": (
        "No group went farther than {percent:.2g} % of its own size from where it began.",
        "没有任何一组离起点超过自身大小的 {percent:.2g}%。",
    ),
    "finding_barely_moved": (
        "{group}: after {steps} steps it is {percent:.2g} % of its own size away from its start (learning rate at most "
        "{lr:.3g}), which is as good as frozen.",
        "{group}：{steps} 步之后，它离起点只有自身大小的 {percent:.2g}%（学习率最高为 {lr:.3g}），与冻结几乎无异。",
    ),
    "finding_few_trained": (
        "Only {trained:,} of {weights:,} weights train ({percent:.2g} %), and with them alone little was learned.",
        "{weights:,} 个权重中只有 {trained:,} 个参与训练（{percent:.2g}%），仅靠它们几乎没有学到东西。",
    ),
    "finding_gradient_gone": (
        "{names}: hardly any gradient arrives any more: its norm was {first:.2g} in the first step and {last:.2g} in "
        "the last fifth of the steps (median), while the loss is still {loss:.3g}.",
        "{names}：几乎不再有梯度：第一步的梯度范数为 {first:.2g}，最后五分之一步的中位数为 {last:.2g}，"
        "而损失仍为 {loss:.3g}。",
    ),
    "finding_gradient_blocked": (
        "{names}: hardly any gradient arrives any more: its norm was {first:.2g} in the first step and {last:.2g} in "
        "the last fifth of the steps (median), while the loss is still {loss:.3g}. It does not get through {layer}: "
        "{after:.4g} % of the outputs of its ReLU are zero.",
        "{names}：几乎不再有梯度：第一步的梯度范数为 {first:.2g}，最后五分之一步的中位数为 {last:.2g}，"
        "而损失仍为 {loss:.3g}。梯度无法通过 {layer}：其 ReLU 的输出有 {after:.4g}% 为零。",
    ),
    "finding_one_moves_all": (
        "{group}: it does {share:.3g} % of all movement (squared update norms), with {size:.3g} % of the trained "
        "weights. Rule: more than {limit:g} % by a group that holds less than {limit:g} % of the weights.",
        "{group}：它占全部移动量（更新量范数的平方）的 {share:.3g} %，却只占所训练权重的 {size:.3g} %。"
        "规则：权重不到 {limit:g} % 的组，移动量超过 {limit:g} %。",
    ),
    "finding_decay_shrinks": (
        "{group}: weight decay takes {percent:.3g} % of its weights in the median step; their norm is now {left:.3g} % "
        "of what it was at the start. Rule: more than {limit:g} % a step wipes out what was learned.",
        "{group}：权重衰减在中位数的一步中去掉权重的 {percent:.3g}%；权重范数现为起点的 {left:.3g}%。"
        "规则：每步超过 {limit:g}% 会抹掉已学到的内容。",
    ),
    "finding_decay_dominates": (
        "{group}: in its median step weight decay moves it {share:.3g} times as far as the gradient does, so it "
        "follows the decay rather than the loss. Rule: more than 1.",
        "{group}：在中位数的一步中，权重衰减带来的移动是梯度的 {share:.3g} 倍，因此它主要跟随衰减而不是损失。"
        "规则：大于 1。",
    ),
    "finding_penalty_dominates": (
        "{group}: its L2 penalty (weight decay × weights) is {share:.3g} times its gradient in the median step, so its "
        "updates follow the decay rather than the loss. Rule: more than 1.",
        "{group}：在中位数的一步中，L2 惩罚（权重衰减 × 权重）是梯度的 {share:.3g} 倍，因此更新主要跟随衰减而不是损失。"
        "规则：大于 1。",
    ),
    "finding_drift": (
        "{group}: it is frozen, but the running statistics of its normalisation layers changed by {percent:.3g} %. "
        "Rule: what is frozen changes by 0 %; choose “eval” for frozen norm layers.",
        "{group}：它被冻结，但其归一化层的运行统计量变化了 {percent:.3g} %。"
        "规则：冻结的部分变化应为 0 %；冻结的归一化层请选“eval”。",
    ),
    "heat_undefined": (
        "update / weight undefined: the weights were about 0",
        "更新量 / 权重 无定义：更新前权重约为 0",
    ),
    "heat_scale": ("update / weight, log", "更新量 / 权重（对数）"),
    # Charts.
    "view_ratio": ("update / weight", "更新量 / 权重"),
    "view_ratio_axis": ("update / weight  ‖Δθ‖ / ‖θ‖ per step", "更新量 / 权重  每步 ‖Δθ‖ / ‖θ‖"),
    "view_update": ("update norm", "更新量范数"),
    "view_update_axis": ("update norm  ‖Δθ‖ per step", "更新量范数  每步 ‖Δθ‖"),
    "view_gradient": ("gradient norm", "梯度范数"),
    "view_gradient_axis": ("gradient norm  ‖g‖ before the step", "梯度范数  更新前 ‖g‖"),
    "view_weight": ("weight norm", "权重范数"),
    "view_weight_axis": ("weight norm  ‖θ‖", "权重范数  ‖θ‖"),
    "view_distance": ("distance from start", "离起点的距离"),
    "view_distance_axis": ("distance from start  ‖θ − θ₀‖ / ‖θ₀‖", "离起点的距离  ‖θ − θ₀‖ / ‖θ₀‖"),
    "view_lr": ("learning rate", "学习率"),
    "view_lr_axis": ("learning rate", "学习率"),
    "view_decay": ("decay / update", "衰减 / 更新量"),
    "view_decay_axis": ("decay / update  ‖Δθ by decay‖ / ‖Δθ‖", "衰减 / 更新量  ‖衰减造成的 Δθ‖ / ‖Δθ‖"),
    "trace_l2": ("{name} (L2/gradient)", "{name}（L2/梯度）"),
    "no_decay": ("No group has weight decay.", "没有任何组使用权重衰减。"),
    "decay_help": (
        "decay / update: how large the weight-decay part of each update is beside the whole update. Where decay "
        "is added to the gradient as L2 and the optimizer then divides by a running mean or sum of squared "
        "gradients (Adam, NAdam and RAdam by default, RMSprop, Adagrad, Adadelta), gradient and decay are mixed in "
        "that division and no part of the update is decay alone; the dashed line then shows how large the L2 term is "
        "beside the gradient, λ‖θ‖ / ‖g‖.",
        "衰减 / 更新量：每步更新中由权重衰减造成的部分，与整个更新量相比有多大。如果衰减以 L2 的形式加到梯度上，"
        "而优化器随后又除以梯度平方的滑动平均或累加和（默认的 Adam、NAdam、RAdam，以及 RMSprop、Adagrad、Adadelta），"
        "梯度与衰减就在这一除法中混在一起，更新量里分不出单独属于衰减的部分；这时虚线表示 L2 项与梯度相比有多大，"
        "即 λ‖θ‖ / ‖g‖。",
    ),
    "view_loss": ("loss and accuracy", "损失与准确率"),
    "view_loss_axis": ("cross-entropy loss (nats)", "交叉熵损失（nat）"),
    "accuracy_axis": ("test accuracy (%)", "测试准确率（%）"),
    "trace_loss": ("loss, batch", "训练批损失"),
    "trace_test_loss": ("loss, test", "测试损失"),
    "trace_accuracy": ("accuracy, test (right axis)", "测试准确率（右轴）"),
    "chart_empty": ("Press Train: the charts grow here while it runs.", "点击“训练”：图表会在这里随训练实时增长。"),
    "chart_missing": ("The chart library could not be loaded; reload the page.", "图表库加载失败，请刷新页面。"),
    "chart_kept": (
        "This run has ended: the connection was lost, or the page was loaded anew. What had arrived is shown here.",
        "这次运行已经结束：连接中断，或页面被重新加载。这里显示的是已收到的结果。",
    ),
    "step_axis": ("step", "步"),
    "usual_band": (
        "where runs that learned were in their first {steps} steps",
        "学得好的运行在前 {steps} 步所处的范围",
    ),
    "download_missing": (
        "no step was made, so the charts below hold no line",
        "没有完成任何一步，因此下面的图表没有曲线",
    ),
    # In what two experiments differ.
    "group_only_in": ("group {group} only in {side} ({params})", "只有 {side} 有参数组 {group}（{params}）"),
    "group_order": ("order of the groups: {a} → {b}", "参数组的顺序：{a} → {b}"),
    "semicolon": ("; ", "；"),
    "yes": ("yes", "是"),
    "no": ("no", "否"),
    "none": ("none", "无"),
    # Comparing runs.
    "cannot_merge": (
        "one group for all cannot be {optimizer}, the first trainable group's optimizer: {names} have fewer than "
        "2 dimensions; move a group with another optimizer to the top",
        "无法全部合并为一组：第一个可训练组的优化器是 {optimizer}，而 {names} 不足二维；请把用其他优化器的组移到最上面",
    ),
    "cannot_freeze": (
        "{group} cannot be frozen: no other group trains from the first epoch on",
        "无法冻结 {group}：没有其他参数组从第一个 epoch 开始训练",
    ),
    "comparing_progress": (
        "Run {run} of {runs} · step {done} of {total} of all runs together",
        "第 {run} / {runs} 次运行 · 所有运行合计第 {done} / {total} 步",
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
        "无法下结论：有 {count} 次运行的损失或更新量不再是有限的数。",
    ),
    "compare_differences": ("B: {name}. From A to B: {differences}.", "B：{name}。从 A 到 B：{differences}。"),
    "compare_same": ("B: {name}. It is the same as A, in every setting.", "B：{name}。与 A 的设置完全相同。"),
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
        "每组单独判断，置信水平为 95%：二十个没有影响的组中，平均会有一个碰巧显得有影响。",
    ),
    # Short runs, the map of rates, and suggested learning rates.
    "no_factors": (
        "{value} holds no factors; write some, such as 1/10 1/3 3 10",
        "{value} 中没有倍数；请填写几个，例如 1/10 1/3 3 10",
    ),
    "too_many_factors": ("there are {count} factors; at most {most} are allowed", "有 {count} 个倍数；最多 {most} 个"),
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
        "{runs} runs of the first {steps} of {whole} steps, {seeds} seeds, judged by the loss on {images} training "
        "images that no run trains on; about {seconds:.0f} s",
        "共 {runs} 次运行，每次为 {whole} 步中的前 {steps} 步，{seeds} 个随机种子，"
        "以 {images} 张不参与训练的训练集图像上的损失评判；约需 {seconds:.0f} 秒",
    ),
    "map_progress": ("Run {run} of {runs} · {left:.0f} s left", "第 {run} / {runs} 次运行 · 剩余 {left:.0f} 秒"),
    "map_frozen": ("{group} is frozen: it has no learning rate", "{group} 已冻结：没有学习率"),
    "map_lr_zero": ("{group} has the learning rate 0: no factor changes that", "{group} 的学习率为 0：任何倍数都不变"),
    "map_starts_later": (
        "{group} starts later than these runs end",
        "{group} 的起始时间晚于这些运行的结束",
    ),
    "map_all": ("all groups together", "所有组一起"),
    "map_lost": ("a lost run", "训练失败"),
    "map_no_learning": (
        "As it is, {steps} steps do not learn: the loss is {loss}, and a constant guess has {guess:.2f}",
        "按现有设置，{steps} 步内没有学到东西：损失为 {loss}，而固定猜测的损失为 {guess:.2f}",
    ),
    "map_one_seed": (
        "With one seed the noise is known from the images alone; two or more seeds tell it better",
        "只有一个随机种子时，噪声只能由图像估计；用两个以上的种子更可靠",
    ),
    "map_gain_more": (
        "{group}: {times} times more would lower the loss from {base:.2f} to {loss} (noise {noise:.2f})",
        "{group}：学习率提高到 {times} 倍，损失会从 {base:.2f} 降到 {loss}（噪声 {noise:.2f}）",
    ),
    "map_gain_less": (
        "{group}: {times} times less would lower the loss from {base:.2f} to {loss} (noise {noise:.2f})",
        "{group}：学习率降到 1/{times}，损失会从 {base:.2f} 降到 {loss}（噪声 {noise:.2f}）",
    ),
    "map_gain_more_lost": (
        "{group}: with {times} times more the loss is {loss}, while as it is the run is lost",
        "{group}：学习率提高到 {times} 倍时损失为 {loss}，而按现有设置训练失败",
    ),
    "map_gain_less_lost": (
        "{group}: with {times} times less the loss is {loss}, while as it is the run is lost",
        "{group}：学习率降到 1/{times} 时损失为 {loss}，而按现有设置训练失败",
    ),
    "map_hardly": (
        "{group}: the rate hardly matters, from {low} times less to {high} times more the loss changes by at most "
        "{most:.2f} (noise {noise:.2f})",
        "{group}：学习率几乎不影响结果，从 1/{low} 到 {high} 倍，损失最多变化 {most:.2f}（噪声 {noise:.2f}）",
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
        "{group}: gets worse with {next} times more: {loss} instead of {base:.2f}",
        "{group}：学习率提高到 {next} 倍就会变差：{loss}，原为 {base:.2f}",
    ),
    "map_worse_down": (
        "{group}: gets worse with {next} times less: {loss} instead of {base:.2f}",
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
        "Nothing better was found: of {runs} runs none lowers the loss by more than the noise, so the rates stay",
        "没有找到更好的学习率：{runs} 次运行中没有一次使损失的下降超出噪声，因此学习率不变",
    ),
    "suggest_gain": (
        "Over {seeds} other seeds and {steps} of {whole} steps, on training images that were held out: {before} → "
        "{after} (noise of the loss {noise}); found in {runs} runs",
        "用另外 {seeds} 个随机种子、{whole} 步中的 {steps} 步，在留出的训练图像上：{before} → {after}"
        "（损失的噪声 {noise}）；共试了 {runs} 次",
    ),
    "suggest_trial": ("loss {loss:.3f}, accuracy {accuracy:.1f} %", "损失 {loss:.3f}，准确率 {accuracy:.1f}%"),
    "suggest_lr": ("{group}: lr {before:.3g} → {after:.3g}", "{group}：学习率 {before:.3g} → {after:.3g}"),
    "suggest_stays": ("{group}: lr {before:.3g} stays", "{group}：学习率 {before:.3g} 不变"),
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
        "{group}: lr {lr_before:.2g} → {lr_after:.2g} takes the median update from {before:.2g} to {after:.2g} "
        "of the weights",
        "{group}：学习率 {lr_before:.2g} → {lr_after:.2g}，更新量中位数从权重的 {before:.2g} 变为 {after:.2g}",
    ),
    "match_frozen": ("{group} is frozen: it has no learning rate", "{group} 已冻结：没有学习率"),
    "match_lr_zero": (
        "{group} has the learning rate 0, so there is nothing to measure; give it a small one first",
        "{group} 的学习率为 0，没有可测量的更新；请先填一个较小的值",
    ),
    "match_no_ratio": (
        "{group} has weights of about 0: update/weight means nothing there, and no rate is suggested",
        "{group} 的权重约为 0：更新量/权重没有意义，因此不给出建议",
    ),
    "match_no_gradient": (
        "{group} gets no gradient or no update: no learning rate would change that",
        "{group} 没有梯度或没有更新：改变学习率也无济于事",
    ),
    "match_non_finite": (
        "a trial run with {group} gave numbers that are not finite: lower the highest learning rate or the target, "
        "then ask again",
        "包含 {group} 的试跑出现了非有限的数：请先降低最高的学习率或目标值，再试一次",
    ),
    "match_deaf": (
        "{group} hardly follows its learning rate: its weights grow as fast as its updates, so no rate is suggested",
        "{group} 的更新量/权重几乎不随学习率变化：权重与更新量同步增长，因此不给出建议",
    ),
    "match_not_reached": (
        "{group} came nowhere near the target after several trials; its rate is left as it is",
        "{group} 多次试跑后仍远离目标；其学习率保持不变",
    ),
    "frozen": ("frozen", "冻结"),
    # The page.
    "title": ("Param Group Lab", "参数组实验室"),
    "heading": (
        "# Param Group Lab\n"
        "Give each part of a network its own optimizer settings, train for a few seconds, and see what every "
        "group's updates really are. Everything shown is measured on the weights themselves.",
        "# 参数组实验室\n"
        "为网络的每一部分设置不同的优化方式，训练几秒钟，看看每个参数组的更新究竟有多大。"
        "所有数字都直接在权重上测得。",
    ),
    "look_for": ("What to look for", "看什么"),
    "preset": ("Preset", "预设"),
    "preset_info": ("Fills in everything below; change what you like.", "会填好下面的全部内容，之后可随意修改。"),
    "settings": ("Model, data and sizes", "模型、数据与规模"),
    "model": ("Model", "模型"),
    "model_info": ("Type to search torchvision's", "可输入以搜索 torchvision 的模型"),
    "pretrained": ("Pre-trained weights", "预训练权重"),
    "dataset": ("Dataset", "数据集"),
    "train_size": ("Training images", "训练图像数"),
    "test_size": ("Test images", "测试图像数"),
    "image_size": ("Image size (px)", "图像尺寸（像素）"),
    "epochs": ("Epochs", "轮数"),
    "batch_size": ("Batch size", "批大小"),
    "seed": ("Seed", "随机种子"),
    "frozen_norm": ("Frozen norm layers", "冻结的归一化层"),
    "frozen_norm_info": ("eval keeps their statistics, train lets them drift", "eval 保持统计量，train 会漂移"),
    "groups": ("Parameter groups", "参数组"),
    "groups_help": (
        "First match wins: each parameter goes to the first group whose patterns and role fit its name. "
        "Patterns are globs such as `conv1.*` or `*.bias`.",
        "先匹配者得：每个参数归入第一个模式与角色都符合的组。模式是通配符，例如 `conv1.*` 或 `*.bias`。",
    ),
    "who_is_where": ("Who is where", "谁在哪一组"),
    "train": ("Train", "训练"),
    "stop": ("Stop", "停止"),
    "charts": ("What the updates are", "实际的更新量"),
    "summary": ("What each group did", "每组的结果"),
    "compare": ("Compare with other runs", "与其他运行比较"),
    "compare_help": (
        "Which is better: what the table holds (A), or something else (B)? Run both once, drawn one beside the other; "
        "or over several seeds, to see whether the difference is more than noise. Both get A's seeds: where their "
        "settings allow it they share images, batches and starting weights. With each group frozen in turn you see "
        "which groups earn their training.",
        "哪个更好：当前表格的设置（A），还是另一种（B）？可各运行一次并画在一起，也可用多个随机种子重复，看差别是否超出噪声。"
        "两者都使用 A 的随机种子：只要设置允许，图像、批次和初始权重都相同。依次冻结每个组，可以看出哪些组值得训练。",
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
        "Trains the beginning of this experiment again and again: each group's learning rate times each factor, all "
        "else as it is, from the same weights on the same batches. A cell shows the loss on training images that no "
        "run trains on, and the accuracy there; blue is lower than as it is, orange higher, no colour within the "
        "noise. A click puts a cell's rates into the table.",
        "反复训练本实验的开头：每次只把一个组的学习率乘以一个倍数，其余不变，初始权重与批次都相同。"
        "每格显示在不参与训练的训练集图像上的损失与准确率；蓝色表示比现有设置低，橙色表示更高，无色表示在噪声之内。"
        "点击一格即可把其学习率填入表格。",
    ),
    "map_factors": ("Factors", "倍数"),
    "map_seeds": ("Seeds (1 to 5)", "种子数（1 到 5）"),
    "map_seconds": ("Seconds", "秒数"),
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
    "map_cell_lost": ("{group} × {factor}, {rate}the run is lost", "{group} × {factor}，{rate}训练失败"),
    "suggest": ("Suggest learning rates", "建议学习率"),
    "suggest_help": (
        "Searches by short runs for rates that reach a lower loss, for all groups together and then for each. It is "
        "judged by training images that no run trains on, never by the test images. What is found is tried again with "
        "three other seeds, and proposed only if it is better with each of them by more than the noise.",
        "用短时间训练寻找能达到更低损失的学习率：先所有组一起，再逐组。评判用的是不参与训练的训练集图像，从不用测试图像。"
        "找到的结果会用另外三个随机种子复核，只有每个种子都更好、且超出噪声时才会给出建议。",
    ),
    "suggest_start": ("Suggest", "给出建议"),
    "range": ("Range test", "学习率范围测试"),
    "range_help": (
        "Like fastai's lr_find, group by group: one rate rises from 1e-7 to 10 in 100 steps while the others stay, and "
        "the loss is watched. The diamond marks where it falls most steeply. While the others train, the loss falls "
        "anyway, so a group's own share is hard to see here; the map compares whole runs.",
        "与 fastai 的 lr_find 相同，但逐组进行：一个组的学习率在 100 步内从 1e-7 升到 10，其余保持不变，观察损失。"
        "菱形标出下降最快之处。其余的组也在训练，损失本来就会下降，所以这里很难看出单个组的作用；学习率图比较的是完整的运行。",
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
    "rates_no_group": (
        "The table has no group of that name any more; nothing was changed.",
        "表格中已没有同名的组；没有改动。",
    ),
    "match": ("Match an update size", "匹配更新量大小"),
    "rates_help": (
        "Looks, by short probe runs, for the learning rates that bring every group's median update/weight to a size "
        "of your choice. It matches a size, and says nothing of how well the run then learns: forcing all groups to "
        "one size can make it learn much worse. Try what it finds, over several seeds.",
        "通过几次短训练，寻找使每组“更新量 / 权重”的中位数达到您所选大小的学习率。它只匹配大小，并不说明训练效果："
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
    "rates_undone": ("Your own rates are back.", "已恢复您原来的学习率。"),
    "asked_done": ("Done.", "完成。"),
    "asked_stopped": ("Stopped as you asked.", "已按要求停止。"),
    "asked_time_limit": ("Stopped: that took longer than a run may.", "已停止：超过了允许的时间。"),
    "asked_non_finite": (
        "A loss or an update was no longer a finite number; lower the learning rates first.",
        "损失或更新量不再是有限的数；请先降低学习率。",
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
    "findings": ("Findings", "发现"),
    "no_findings": ("Nothing conspicuous was measured.", "没有测到异常。"),
    "how_to_read": ("How to read the charts", "如何看图"),
    "chart_help": (
        "**Update / weight** is how far a step moves a group, as a part of the group's own length. The grey band, "
        "where there is one, shows where runs of this network that learned were: it describes, it does not judge. "
        "Drag to zoom, double-click to go back; click a name to hide its line.",
        "**更新量 / 权重** 表示一步把该组移动了多远，以该组自身的长度为单位。"
        "若有灰色带，它表示该网络学得好的运行所处的范围：只作描述，不作评判。拖动可放大，双击还原；点击名称可隐藏对应的线。",
    ),
    "heatmap": ("Every parameter over time", "每个参数随时间的变化"),
    "planned": ("Learning rates as planned", "计划的学习率"),
    "python_code": ("Python code", "Python 代码"),
    "code_help": (
        "The experiment of the table above as code without this app. The script trains as this page does: on the CPU, "
        "with as many threads, to the same weights bit for bit. The optimizers alone are for a project of your own.",
        "上表的实验，不依赖本应用的代码。脚本的训练与本页相同：在 CPU 上、线程数相同时，权重逐位一致。"
        "“仅优化器”可粘贴到您自己的项目中。",
    ),
    "code_script": ("Whole script (train.py)", "完整脚本（train.py）"),
    "code_optimizers": ("Optimizers only", "仅优化器"),
    "code_save": ("Save as a file", "保存为文件"),
    "code_waits": (
        "The code appears here when what is marked in red above is corrected.",
        "请先改正上方标红之处，代码随后显示在这里。",
    ),
    "downloads": ("Download", "下载"),
    "download_help": (
        "Of the last run: what was measured as CSV, the charts as one HTML page, the experiment as TOML for presets/.",
        "最近一次运行：测量数据（CSV）、图表（单个 HTML 页面）、实验设置（可放入 presets/ 的 TOML）。",
    ),
    "copy_link": ("Copy a link to this page as it is", "复制当前页面的链接"),
    "link_label": ("Link to the page as it was when you clicked", "点击时页面内容的链接"),
    "link_copied": ("The link is on the clipboard:", "链接已复制到剪贴板："),
    "link_by_hand": (
        "The browser does not let the page copy; copy the link from here:",
        "浏览器不允许自动复制，请手动复制：",
    ),
    "fix_before_link": (
        "A link is made of valid values only: correct what is marked in red, then copy.",
        "只有有效的内容才能生成链接：请先改正标红之处，再复制。",
    ),
    "link_opened": (
        "Opened from the link: {model} on {dataset}, seed {seed}, groups: {count}. Train gives the same numbers as "
        "where the link was made, on the same kind of device.",
        "已从链接打开：{count} 个参数组，模型 {model}，数据集 {dataset}，随机种子 {seed}。"
        "在同类设备上点击“训练”，会得到与原处相同的数字。",
    ),
    "link_failed": (
        "The link in the address could not be opened, so the page shows a preset:",
        "无法打开地址中的链接，页面显示的是预设：",
    ),
    "import_panel": ("Import an experiment (JSON or TOML)", "导入实验（JSON 或 TOML）"),
    "import_hint": (
        "Paste an experiment here, or drop its file: JSON as the API takes it, or TOML as the download gives it",
        "把实验粘贴到这里，或把文件拖到这里：API 所用的 JSON，或下载得到的 TOML",
    ),
    "import_button": ("Import", "导入"),
    "import_file": ("or choose a file:", "或选择文件："),
    "imported": (
        "Imported: {model} on {dataset}, seed {seed}, groups: {count}.",
        "已导入：{count} 个参数组，模型 {model}，数据集 {dataset}，随机种子 {seed}。",
    ),
    "imported_wrong": (
        "Some of it is wrong. The cells show what was written; what no cell or input can show is left out or has its "
        "default:",
        "其中有错误。单元格中保留了原来的内容；无法显示的内容已略去或改为默认值：",
    ),
    "import_failed": (
        "This could not be imported, and the page is as it was:",
        "无法导入，页面保持原样：",
    ),
    "and_more": ("… and {count} more", "……另有 {count} 个"),
    "own_title": ("My experiment", "我的实验"),
    "no_run_yet": ("There is no run to download yet: press Train first.", "还没有可下载的运行：请先点击“训练”。"),
    "download_csv": ("Measurements (CSV)", "测量数据（CSV）"),
    "download_html": ("Charts (HTML)", "图表（HTML）"),
    "download_toml": ("Experiment (TOML)", "实验（TOML）"),
    "earlier": (
        "Runs of this visit: tick to draw them dashed beside the next one",
        "本次访问的运行：勾选后以虚线画在一旁",
    ),
    "delete_ticked": ("Delete the ticked runs", "删除勾选的运行"),
    "column_group": ("group", "组"),
    "column_weights": ("weights", "权重数"),
    "column_distance": ("total movement (% of start)", "总移动（占起点 %）"),
    "column_ratio": ("median update / weight", "更新量 / 权重 中位数"),
    "column_badge": ("verified", "核实"),
    "column_reading": ("in words", "说明"),
    "try_again": ("Try the download again", "重新下载"),
    "cifar10_checking": ("Looking for CIFAR-10 …", "正在查找 CIFAR-10……"),
    "cifar10_loading": (
        "Downloading CIFAR-10: {done:.0f} of {total:.0f} MB. Until it is here, runs use generated shapes.",
        "正在下载 CIFAR-10：{done:.0f} / {total:.0f} MB。完成之前使用生成的图形。",
    ),
    "cifar10_here": ("CIFAR-10 is here.", "CIFAR-10 已就绪。"),
    "cifar10_missing": (
        "CIFAR-10 could not be had ({reason}). Runs use generated shapes, and every chart says so.",
        "无法取得 CIFAR-10（{reason}）。实验使用生成的图形，每张图表都会注明。",
    ),
    "device_note": ("Runs compute on: **{device}**.", "计算设备：**{device}**。"),
    "fix_first": ("Correct what is marked in red, then train.", "请先改正标红之处，再开始训练。"),
    # The group table.
    "table_name": ("name", "名称"),
    "table_params": ("parameters (globs)", "参数（通配符）"),
    "table_role": ("role", "角色"),
    "table_depth": ("depth", "深度"),
    "table_layer_decay": ("layer decay", "逐层衰减"),
    "table_optimizer": ("optimizer", "优化器"),
    "table_lr": ("lr", "学习率"),
    "table_weight_decay": ("weight decay", "权重衰减"),
    "table_momentum": ("momentum", "动量"),
    "table_options": ("options", "其他选项"),
    "table_add": ("Add group", "添加组"),
    "table_delete": ("delete group", "删除组"),
    "table_up": ("move up", "上移"),
    "table_down": ("move down", "下移"),
    "table_of_group": ("of group", "组"),
    "table_new": ("group", "组"),
    "table_default": ("default", "默认"),
    "table_schedule": ("schedule", "调度"),
    "table_start_epoch": ("start epoch", "起始轮"),
    "table_all": ("all", "全部"),
    "table_depth_hint": (
        "blocks of the network: a number, a range as 2-5 or 4-, stem (0) or head; empty means all",
        "网络中的块：一个数字、2-5 或 4- 这样的范围、stem（0）或 head；留空表示全部",
    ),
    "table_layer_decay_hint": (
        "one group per depth: lr at the head, times this factor for each step away from it; empty for none",
        "每个深度一组：head 用此学习率，每远离一层乘以该系数；留空表示不用",
    ),
    "table_schedule_hint": (
        "how the lr changes from the group's start to the end of the run",
        "学习率从该组开始训练到实验结束的变化方式",
    ),
    "table_start_epoch_hint": (
        "frozen until so many epochs have been trained; 0 trains from the start",
        "训练完这么多轮之前保持冻结；0 表示一开始就训练",
    ),
    "starts_too_late": (
        "{value} is too late for a run of {epochs} epochs: the group would never train; write 0 to {most}",
        "共 {epochs} 轮，起始轮 {value} 太晚，该组永远不会被训练；请填 0 到 {most}",
    ),
    "none_starts": (
        "no group trains before epoch {value} is over; let one at least start at 0",
        "前 {value} 轮没有任何组训练；请至少让一组从 0 开始",
    ),
    # The assignment.
    "where_parameter": ("parameter", "参数"),
    "where_shape": ("shape", "形状"),
    "where_count": ("weights", "权重数"),
    "where_role": ("role", "角色"),
    "where_depth": ("depth", "深度"),
    "where_group": ("group", "组"),
    "where_rule": ("matched by", "匹配规则"),
    "where_shadowed": ("also fits", "也符合"),
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
    "where_size": ("size", "规模"),
    "where_state": ("optimizer state", "优化器状态"),
    # What is allowed but may not be meant.
    "decay_on_norm_or_bias": (
        "{decay} also shrinks biases or norm parameters ({count} here); usually only weights decay: "
        "give those a group above, with decay 0",
        "{decay} 也会缩小偏置或归一化参数（此处 {count} 个）；通常只衰减权重：请在上方为它们另设一组，衰减为 0",
    ),
    "decay_not_decoupled": (
        "{optimizer} adds decay {decay} to the gradient (L2), so large gradients decay less; "
        "for a steady shrink use AdamW or the option decoupled_weight_decay",
        "{optimizer} 把衰减 {decay} 加进梯度（L2），梯度越大衰减越弱；"
        "若要按固定比例缩小，请用 AdamW 或选项 decoupled_weight_decay",
    ),
    "lr_zero": (
        "lr 0 moves nothing, but gradients are computed and {optimizer} keeps its state, if any; “frozen” spares both",
        "学习率为 0，参数不动，但仍会计算梯度并保留 {optimizer} 的状态（若有）；选“frozen”可省去两者",
    ),
    "frozen_norm_drifts": (
        "frozen, but the running statistics of its norm layers ({count}) drift, as “Frozen norm layers” says train; "
        "choose eval to keep them",
        "已冻结，但其归一化层（{count} 个）的运行统计量仍会漂移，因为“冻结的归一化层”为 train；选 eval 可保持不变",
    ),
    "all_zero_at_start": (
        "all parameters of this group ({count}) start at zero: update / weight is undefined at first, then very large",
        "该组的参数（{count} 个）初始全为零：更新量 / 权重 起初没有定义，随后会非常大",
    ),
}


def fixed_words(language: str) -> dict[str, str]:
    """All sentences that nothing fills, for the browser to choose from by itself."""
    return {key: say(key, language) for key, (english, _) in TEXT.items() if "{" not in english}


def words(prefix: str, *keys: str) -> dict[str, dict[str, str]]:
    """The sentences `prefix` + key in each language by key, for a widget that chooses in the browser."""
    return {language: {key: say(prefix + key, language) for key in keys} for language in LANGUAGES}

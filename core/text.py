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
        "Stopped at step {step}: a loss or an update is no longer a finite number. A learning rate is too high.",
        "在第 {step} 步停止：损失或更新量不再是有限的数。学习率过高。",
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
    "run_failed": (
        "The run failed: {reason}. Smaller images or batches may help; nothing you typed is lost.",
        "运行失败：{reason}。减小图像或批大小或许有用；您填写的内容不会丢失。",
    ),
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
    "reading_near": (
        "; the usual step is near 1e-3 of the weights (× {times:.2g})",
        "；典型更新约为权重的 1e-3（{times:.2g} 倍）",
    ),
    "reading_far_above": (
        "; the usual step is {times:.3g} times the 1e-3 guide: large, the lr may be too high",
        "；典型更新是 1e-3 参考值的 {times:.3g} 倍：偏大，学习率可能过高",
    ),
    "reading_far_below": (
        "; the usual step is {part:.3g} times below the 1e-3 guide: small, it hardly learns",
        "；典型更新只有 1e-3 参考值的 1/{part:.3g}：偏小，几乎学不动",
    ),
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
    "view_loss": ("loss and accuracy", "损失与准确率"),
    "view_loss_axis": ("cross-entropy loss (nats)", "交叉熵损失（nat）"),
    "accuracy_axis": ("test accuracy (%)", "测试准确率（%）"),
    "trace_loss": ("loss, batch", "训练批损失"),
    "trace_test_loss": ("loss, test", "测试损失"),
    "trace_accuracy": ("accuracy, test (right axis)", "测试准确率（右轴）"),
    "chart_empty": ("Press Train: the charts grow here while it runs.", "点击“训练”：图表会在这里随训练实时增长。"),
    "chart_missing": ("The chart library could not be loaded; reload the page.", "图表库加载失败，请刷新页面。"),
    "step_axis": ("step", "步"),
    "guide": ("1e-3 guide", "1e-3 参考线"),
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
    "column_group": ("group", "组"),
    "column_weights": ("weights", "权重数"),
    "column_distance": ("total movement (% of start)", "总移动（占起点 %）"),
    "column_ratio": ("median update / weight", "更新量 / 权重 中位数"),
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
    "where_group": ("group", "组"),
    "where_rule": ("matched by", "匹配规则"),
    "where_shadowed": ("also fits", "也符合"),
    "where_none": ("in no group!", "不在任何组中！"),
    "where_tensors": ("tensors", "个张量"),
    "where_weights": ("weights", "个权重"),
}


def fixed_words(language: str) -> dict[str, str]:
    """All sentences that nothing fills, for the browser to choose from by itself."""
    return {key: say(key, language) for key, (english, _) in TEXT.items() if "{" not in english}


def words(*keys: str) -> dict[str, dict[str, str]]:
    """The given keys in each language, for a widget that chooses in the browser."""
    return {language: {key: say(key, language) for key in keys} for language in LANGUAGES}

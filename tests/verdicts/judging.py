"""What was said of a setting, and whether it was right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from core.report import Report
from core.report.evidence import Finding
from core.training import train
from tests.verdicts.setting import CAUSES, Setting

NO_CAUSE = ("finding_nothing_learned",)  # what says that something is wrong, but not why


@dataclass(frozen=True)
class Verdict:
    """What was said of a setting's run, the gravest first, and the accuracy (0 to 1) that the run reached."""

    setting: Setting
    findings: Sequence[Finding]
    accuracy: float

    @property
    def is_right(self) -> bool:
        """Of a sane setting nothing is said; of another its cause comes first, with the group at fault.

        Where every group is at fault, any of them may be named.
        """
        setting, causes = self.setting, [each for each in self.findings if each.key not in NO_CAUSE]
        if setting.cause is None:
            return not self.findings
        return bool(causes) and causes[0].key in CAUSES[setting.cause] and setting.group in (None, causes[0].group)

    def lines(self) -> list[str]:
        """The verdict in words, for a terminal."""
        setting, mark = self.setting, "right" if self.is_right else "WRONG"
        fault = "sane" if setting.is_sane else f"{setting.cause}: {setting.group or 'every group'}"
        said = [f"    {finding.key}: {finding.sentence('en')}" for finding in self.findings]
        return [f"{mark}  {setting.name}  [{setting.half}; {fault}]  accuracy {self.accuracy:.3f}", *said]


def judge(setting: Setting) -> Verdict:
    """Train the setting on the CPU, and take down what the report says of it."""
    report = Report("en")
    for event in train(setting.experiment, "cpu"):
        report.take(event)
    return Verdict(setting, report.found, report.accuracy or 0.0)


def score(verdicts: Sequence[Verdict]) -> list[str]:
    """For each half: failures named with the right group and cause, and sane runs scolded."""
    lines = []
    for half in ("tune", "held out"):
        own = [verdict for verdict in verdicts if verdict.setting.half == half]
        failing = [verdict.is_right for verdict in own if not verdict.setting.is_sane]
        sane = [verdict.is_right for verdict in own if verdict.setting.is_sane]
        lines.append(
            f"{half}: {sum(failing)} of {len(failing)} failures named with the right group and cause; "
            f"{len(sane) - sum(sane)} of {len(sane)} sane runs scolded"
        )
    return lines

"""What freezing each group in turn changes, in numbers."""

from __future__ import annotations

from core.page.frozen_table import frozen_cells, frozen_table
from core.questions import Paired
from core.server import Compared
from tests.conftest import Make
from tests.questions.test_paired import ends


def test_a_row_holds_the_change_that_freezing_makes_and_its_interval(make: Make) -> None:
    """Frozen less as it is: -9, -10, -11 points; deviation 1, so 2.48 to either side."""
    pair = Paired(ends(make, 0.48, 0.50, 0.46), ends(make, 0.39, 0.40, 0.35))
    assert frozen_cells(pair) == ("38.0 ± 2.6", "-10.0", "-12.5 … -7.5")


def test_without_a_verdict_the_numbers_that_are_known_stand(make: Make) -> None:
    assert frozen_cells(Paired(ends(make, 0.48), ends(make, 0.50))) == ("50.0", "+2.0", "–")
    assert frozen_cells(Paired(ends(make, 0.48, 0.5), ends(make, 0.46, 0.48))) == ("47.0 ± 1.4", "-2.0", "–")
    assert frozen_cells(Paired(ends(make, 0.48, 0.5), ends(make, None, 0.48))) == ("–", "–", "–")


def test_rows_come_once_a_seed_is_whole(make: Make) -> None:
    none, one = Paired(ends(make, 0.48), ()), Paired(ends(make, 0.48), ends(make, 0.5))
    hidden = frozen_table(Compared("", None, pairs=[none, none], groups=("a", "b")), "en")
    assert (hidden.visible, len(hidden.value["data"])) == (False, 0)
    shown = frozen_table(Compared("", None, pairs=[one, none], groups=("a", "b")), "zh")
    assert (shown.visible, [row[0] for row in shown.value["data"]]) == (True, ["a"])
    assert shown.value["headers"][0] == "冻结的组"

"""axe-core finds nothing serious on the page: in both themes and languages, whatever is open."""

from __future__ import annotations

import pytest

from tests.browser.actions import cell

pytest.importorskip("axe_playwright_python", reason="axe-core is not installed")
from tests.browser.axe import bring_axe, in_both_themes, violations, with_all_open
from tests.browser.conftest import Visit


@pytest.mark.parametrize(
    ("locale", "theme", "ending"), [("en-US", "light", "Finished"), ("zh-CN", "dark", "完成")], ids=["en", "zh"]
)
def test_nothing_serious_is_found(visit: Visit, locale: str, theme: str, ending: str) -> None:
    page = visit(f"?__theme={theme}", locale=locale, viewport={"width": 1280, "height": 720})
    bring_axe(page)
    found = in_both_themes(page) + with_all_open(page, ending)
    page.set_viewport_size({"width": 390, "height": 844})
    found += violations(page)
    assert found == []
    assert cell(page, 0, "depth").is_visible() and page.locator("#where td").first.is_visible()
    page.add_style_tag(content="#made-with p { opacity: 0.4 !important }")
    assert any("color-contrast" in each for each in violations(page, "#made-with")), "what is wrong would be found"

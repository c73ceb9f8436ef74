"""One colour per group: the same in the table, the charts and the heat map."""

from __future__ import annotations

import colorsys

# Eight colours with a contrast of 3 or more on white and on the dark theme's background.
PALETTE = ("#3b82f6", "#ea580c", "#059669", "#dc2626", "#a855f7", "#a16207", "#db2777", "#0891b2")
SATURATION = 0.75
LUMINANCE = 0.2  # contrast 4.2 on white, 4.5 on black


def colours(count: int) -> list[str]:
    """One colour per group: those of PALETTE, or beyond them so many hues, as light as these."""
    if count <= len(PALETTE):
        return list(PALETTE[:count])
    return [_colour_of_hue(index / count) for index in range(count)]


def _colour_of_hue(hue: float) -> str:
    """The shade of a hue, in turns, whose relative luminance (WCAG 2.2) is LUMINANCE."""
    low, high = 0.0, 1.0
    while high - low > 1e-3:
        middle = (low + high) / 2
        bright = relative_luminance(colorsys.hls_to_rgb(hue, middle, SATURATION)) > LUMINANCE
        low, high = (low, middle) if bright else (middle, high)
    return "#" + "".join(f"{round(255 * part):02x}" for part in colorsys.hls_to_rgb(hue, low, SATURATION))


def relative_luminance(rgb: tuple[float, float, float]) -> float:
    """Of a colour in sRGB, each part 0 to 1: WCAG 2.2, https://www.w3.org/TR/WCAG22/#dfn-relative-luminance."""
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in rgb]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

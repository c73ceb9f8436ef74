"""Code from templates that read like the code itself.

jinja2 fills them in, which torch and gradio need too. What stands in its braces becomes a literal, unless it is
`Source`, so nothing from outside can become code.
"""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from core.export.python_source import comment, literal, one_per_line, source_of, with_imports

TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent),
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
    undefined=StrictUndefined,
    autoescape=False,  # it is for HTML
    finalize=literal,
)
TEMPLATES.globals |= {"comment": comment, "one_per_line": one_per_line, "source_of": source_of}


def filled(name: str, **values: object) -> str:
    """The code of a template in this folder, with the imports that it needs; a value that is missing is an error."""
    return with_imports(TEMPLATES.get_template(name).render(values))

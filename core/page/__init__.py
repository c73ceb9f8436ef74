"""The page: layout, panels, handlers.

page.py            build: everything wired
layout.py          the page from top to bottom
opening.py         what fills the page: a preset, a link, a file; the arrival of the data
inputs.py          what an experiment is read from: the table and the settings
checks.py          what answers every edit: errors, who is where, planned rates, code
run_bar.py         Train and Stop, the status and how far a run is
results.py         what a run leaves: chart, summary, findings, heat map, earlier runs
watching.py        a training of one's own, followed while it writes its recording
importing.py       what is pasted or dropped, as the page's values
not_imported.py    what is pasted though it cannot be imported, and what to paste instead
sharing_panel.py   a link of what is on the page; a link or a file opened
export_panel.py    the experiment as Python code
map_panel.py       which rate matters: the map of learning rates
map_view.py        a map as its widget shows it
suggest_panel.py   learning rates that were seen to do better
range_panel.py     range tests, drawn
match_panel.py     learning rates that match an update size
rates_in_table.py  rates put into the table by a click, and taken back
compare_panel.py   the table's experiment beside another, once or over seeds, and earlier runs
course_panel.py    the lessons: a question, a prediction, what was seen
differences_panel.py  two ways of grouping: who is in another group, which settings differ
sides.py           what these two may be: the page, a kept run, a preset, a pasted text
compare_menu.py    what there is to compare with
frozen_table.py    what freezing each group in turn changes, in numbers
download_panel.py  a run as CSV or HTML, an experiment as TOML
handlers.py        how handlers are attached, and what they give
updates.py         what the server tells the page's parts, as plain values
filling.py         an experiment's plain values, right or wrong, as what table and settings can hold
publishing.py      plain functions as endpoints of the API
short_page.py      Gradio's Blocks with a short description
light_sessions.py  sessions that cost little to begin
"""

from core.page.page import CSS as CSS
from core.page.page import FIRST_PRESET as FIRST_PRESET
from core.page.page import I18N as I18N
from core.page.page import PRESETS as PRESETS
from core.page.page import THINGS_TO_TRY as THINGS_TO_TRY
from core.page.page import build as build

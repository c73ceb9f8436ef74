"""Events → what a visitor sees of a run: charts, tables, sentences, downloads.

report.py         Report: takes events one by one; chart, status line, summary and findings are then up to date
summary.py        a run in numbers and plain words
findings.py       what is worth saying about a run, the gravest first
causes.py         the rules for why a run did not learn
oddities.py       the rules for what else stands out
evidence.py       what was measured of a run, and what several rules ask of it
learning.py       whether a run did better than guessing
drawing.py        what all figures share
curves.py         the live chart: one view per measured quantity, one line per group
chart_text.py     its text, which stays short however long the run is
heat_map.py       every parameter over the run
ranges.py         range tests: loss against learning rate
planned_rates.py  the planned learning rates
downloads.py      a run as CSV, as one HTML page
usual_updates.py  how large the updates of runs that learned were
recording.py      a run as a file of lines, and back: one of the lab's, or one of your own
following.py      a recording that is still being written, read as it grows
recorded_values.py  what stands in its lines, checked
recorded_groups.py  the groups of a recording made elsewhere, as an experiment
recorded.py       a recorded run of each preset, for the chart before the first run
earlier_runs.py   the runs of one visit that can be drawn beside the next
"""

from core.report.chart_text import VIEWS as VIEWS
from core.report.downloads import to_csv as to_csv
from core.report.downloads import to_html as to_html
from core.report.earlier_runs import KeptRun as KeptRun
from core.report.earlier_runs import beside as beside
from core.report.earlier_runs import better_before as better_before
from core.report.earlier_runs import delete as delete
from core.report.earlier_runs import keep as keep
from core.report.findings import find_in as find_in
from core.report.following import Followed as Followed
from core.report.heat_map import heat_map as heat_map
from core.report.planned_rates import rates_figure as rates_figure
from core.report.ranges import range_figure as range_figure
from core.report.recorded import recorded_chart as recorded_chart
from core.report.recorded_groups import OWN_NETWORK as OWN_NETWORK
from core.report.recorded_groups import left_out as left_out
from core.report.recorded_groups import settings_left_out as settings_left_out
from core.report.recording import RecordingReader as RecordingReader
from core.report.recording import read_recording as read_recording
from core.report.recording import to_recording as to_recording
from core.report.report import Report as Report
from core.report.report import waiting_sentence as waiting_sentence
from core.report.summary import GroupSummary as GroupSummary
from core.report.summary import why as why

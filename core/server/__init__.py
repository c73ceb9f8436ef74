"""Everybody's runs, the API, and what the server lets in.

runs.py           everybody's runs: to watch, to stream, to stop
paces.py          how long a run will take, by those before
visits.py         the finished runs of a visit, for its page to have them again after a reload
waiting_line.py   one run at a time, the others in line
rate_answers.py   questions about rates: which matters, which would do better, what ranges do
rate_values.py    these answers as the API gives them
answers.py        longer questions: how they are answered, which rates match a size
comparisons.py    one experiment beside others over seeds: is a difference noise, which groups earn their training
api.py            the API's endpoints, as plain functions
api_answers.py    what the longer questions answer, as the API's values
api_values.py     the shapes of the API's values, from the rules of the fields
request_guard.py  what the server lets in: which routes, how much
json_look.py      a look at a call before anything reads it
calls_in_turn.py  calls that are answered at once: of each visitor one after the other
call_shapes.py    what a call must hold, in words
own_hosts.py      under which names it is answered, and whose pages may ask
reading.py        who reads what they are told
open_streams.py   a session's stream stays open from one call to the next
visitors.py       who asks, and whether anybody reads the answer
head_script.py    what stands in the page's head before Gradio's own script
small_page.py     the page itself, compressed
kept_answers.py   what stays the same while the app runs, made and compressed once
session_sweep.py  what is kept of visitors who are gone, and for how long
startup.py        what is checked before the app starts
"""

from core.server.answers import Answer as Answer
from core.server.answers import match_rates as match_rates
from core.server.answers import told as told
from core.server.api import Api as Api
from core.server.call_shapes import CallShapes as CallShapes
from core.server.calls_in_turn import CallsInTurn as CallsInTurn
from core.server.comparisons import Compared as Compared
from core.server.comparisons import compare_over_seeds as compare_over_seeds
from core.server.comparisons import freeze_in_turn as freeze_in_turn
from core.server.comparisons import in_which_they_differ as in_which_they_differ
from core.server.head_script import HeadScript as HeadScript
from core.server.kept_answers import KeptAnswers as KeptAnswers
from core.server.own_hosts import OwnHosts as OwnHosts
from core.server.own_hosts import is_loopback as is_loopback
from core.server.rate_answers import map_answers as map_answers
from core.server.rate_answers import range_answers as range_answers
from core.server.rate_answers import suggest_answers as suggest_answers
from core.server.request_guard import Doors as Doors
from core.server.request_guard import no_call as no_call
from core.server.runs import FAILURES as FAILURES
from core.server.runs import Choose as Choose
from core.server.runs import Runs as Runs
from core.server.runs import explain as explain
from core.server.session_sweep import MOST_SESSIONS as MOST_SESSIONS
from core.server.session_sweep import Sessions as Sessions
from core.server.small_page import SmallPage as SmallPage
from core.server.startup import NoAddress as NoAddress
from core.server.startup import bring_along as bring_along
from core.server.startup import check_address as check_address
from core.server.startup import serves_this_machine_only as serves_this_machine_only
from core.server.visitors import Visitor as Visitor
from core.server.visitors import Visitors as Visitors
from core.server.visitors import visitor_of as visitor_of
from core.server.visits import Visits as Visits

"""What several runs answer.

variants.py           what an experiment is compared with: one group, a group frozen; over several seeds
comparing.py          experiments one after the other
t_test.py             whether a difference is more than noise
paired.py             two variants' runs over the same seeds: which is better, which group earns its training
side_by_side.py       several jobs at once, each on a thread of its own
trials.py             short runs for a question: what they share, what they take, how two of them differ
rate_map.py           which rate matters: each rate times some factors, a short run each
map_events.py         what such a map tells
map_sentences.py      what such a map shows
coordinate_search.py  a search for rates by short runs: all groups together, then one by one
suggesting.py         rates that were seen to do better, tried again with other seeds
suggestions.py        what that search has found, in numbers and in words
range_test.py         one rate rises while the others stay: lr_find, group by group
disagreeing.py        where the map and the range tests disagree
matching_size.py      learning rates that bring every group's updates to a target size
size_match.py         what that search tells
"""

from core.questions.comparing import Repeated as Repeated
from core.questions.comparing import Repeating as Repeating
from core.questions.comparing import repeat_all as repeat_all
from core.questions.coordinate_search import Searching as Searching
from core.questions.disagreeing import disagreements as disagreements
from core.questions.map_events import Cell as Cell
from core.questions.map_events import Mapping as Mapping
from core.questions.map_events import MapPlan as MapPlan
from core.questions.map_events import RateMap as RateMap
from core.questions.map_sentences import Point as Point
from core.questions.map_sentences import Statement as Statement
from core.questions.map_sentences import points as points
from core.questions.map_sentences import read_map as read_map
from core.questions.matching_size import match_size as match_size
from core.questions.matching_size import with_matches as with_matches
from core.questions.paired import Paired as Paired
from core.questions.paired import paired as paired
from core.questions.range_test import RangeTest as RangeTest
from core.questions.range_test import RangeTests as RangeTests
from core.questions.range_test import Testing as Testing
from core.questions.range_test import test_ranges as test_ranges
from core.questions.rate_map import map_rates as map_rates
from core.questions.size_match import MatchProbe as MatchProbe
from core.questions.size_match import SizeMatch as SizeMatch
from core.questions.size_match import SizeMatches as SizeMatches
from core.questions.suggesting import suggest as suggest
from core.questions.suggestions import Suggestion as Suggestion
from core.questions.suggestions import Suggestions as Suggestions
from core.questions.suggestions import Trial as Trial
from core.questions.suggestions import with_suggestions as with_suggestions
from core.questions.t_test import Verdict as Verdict
from core.questions.trials import scaled as scaled
from core.questions.variants import frozen_in_turn as frozen_in_turn
from core.questions.variants import merged as merged
from core.questions.variants import with_frozen as with_frozen

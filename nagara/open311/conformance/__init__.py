"""A public conformance suite for GeoReport v2: a table of rules, each a pure judge of answers, held against any server.

``questions`` says what is asked, ``rules_*`` what has to come, ``checking`` puts both together. Nothing here knows
Nagara's own server, nor shares a line with it.
"""

from __future__ import annotations

from nagara.open311.conformance.checking import RULES, Report, Result, check, target_of
from nagara.open311.conformance.talking import NotJudged, Target

__all__ = ["RULES", "NotJudged", "Report", "Result", "Target", "check", "target_of"]

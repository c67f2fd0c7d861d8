"""From a resident's words to the services they may mean: three choices, never a decision.

The model counts short runs of characters, so that Khmer, Thai, Lao, Burmese and Chinese need no blanks and a
typing error costs little. It knows the phrases under ``city_config/phrases``, the city's own names and
keywords, and - where it was taught - what residents of the city wrote before and which service it became.
"""

from nagara.suggestions.keeping import learn, suggestions_for
from nagara.suggestions.model import Suggestion

__all__ = ["Suggestion", "learn", "suggestions_for"]

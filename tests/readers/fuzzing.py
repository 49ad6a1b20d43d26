"""How many mutated files a fuzz test looks at: few in the ordinary suite, many at night."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

NIGHTLY = int(os.environ.get("REATTUNE_FUZZ_EXAMPLES", "0"))


def few(examples: int) -> settings:
    """Settings for a fuzz test: so many fixed examples, or those asked for by the environment."""
    return settings(
        max_examples=NIGHTLY or examples,
        deadline=None,
        derandomize=not NIGHTLY,
        database=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
    )

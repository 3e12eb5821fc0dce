"""Which header line of a document became which field of its release. Pure."""

import re

T0_KEYS = re.compile(
    r"^(?:t-?0|(?:planned |target |scheduled )?(?:deployment|go-?live|launch|release|cut-?over)"
    r"(?: (?:date|time|window|start))*|(?:maintenance |deployment )?window(?: starts?)?"
    r"|scheduled(?: for)?|target(?: launch| release| go-?live)? date|target deployment)$",
    re.I,
)
WINDOW_KEYS = re.compile(
    r"^(?:(?:maintenance|change|deployment|release|go-?live|service) )?window$", re.I
)
VERSION_KEYS = re.compile(r"^(?:version|release(?: version)?|tag|build)$", re.I)
ENVIRONMENT_KEYS = re.compile(r"^(?:env|environment|target environment)$", re.I)
_TITLE_KEYS = re.compile(r"^(?:title|(?:release )?name)$", re.I)
# In this order: "Release" is a version before it is a time, as the header reads it.
_FIELDS = (
    ("version", VERSION_KEYS),
    ("environment", ENVIRONMENT_KEYS),
    ("window_start", WINDOW_KEYS),
    ("name", _TITLE_KEYS),
    ("t0", T0_KEYS),
)


def field_of(key: str) -> str:
    """The name of the release's field that a header line fills; "" for a note."""
    return next((name for name, keys in _FIELDS if keys.match(key.strip())), "")

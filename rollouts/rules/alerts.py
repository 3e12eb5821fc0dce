"""Alerts that fire, as Prometheus knows them: the series ALERTS. Pure."""

import re

CRITICAL = "critical"
_ALERTS = re.compile(r"\bALERTS\b\s*(\{[^}]*\})?")
_SEVERITY = re.compile(r"severity\s*(=~?)\s*\"([^\"]*)\"")
POSTED = "alerts:"
NAME = re.compile(r"[a-z][a-z0-9_-]{0,39}")


def promql_of(severity: str) -> str:
    """How many alerts of a severity fire now; none firing is 0 and not "no data"."""
    return f'count(ALERTS{{alertstate="firing",severity="{severity}"}}) or vector(0)'


def reads_alerts(promql: str, severity: str) -> bool:
    """Whether a query reads the alerts of a severity, alone or among others."""
    for selector in _ALERTS.findall(promql):
        said = _SEVERITY.search(selector)
        if said is None or (said[1] == "=" and said[2] == severity):
            return True
        if said[1] == "=~" and severity in said[2].split("|"):
            return True
    return False


def posted_keys(severity: str) -> tuple[str, str]:
    """The keys under which something else than a metric says how many of a severity fire."""
    return f"{POSTED}{severity}", f"{severity}-alerts"

"""Notifications as Alertmanager sends them, for tests."""

YEAR_ONE = "0001-01-01T00:00:00Z"


def alert(fingerprint, *, firing=True, severity="critical", annotations=None, labels=None, **more):
    """One alert of a notification; ``severity=None`` leaves the label out."""
    named = {"alertname": "HighErrors", "instance": f"web-{fingerprint}", **(labels or {})}
    if severity is not None:
        named["severity"] = severity
    return {
        "status": "firing" if firing else "resolved",
        "labels": named,
        "annotations": annotations or {},
        "startsAt": "2025-10-23T20:40:00.123456789Z",
        "endsAt": YEAR_ONE if firing else "2025-10-23T20:45:00Z",
        "generatorURL": "",
        "fingerprint": fingerprint,
        **more,
    }


def envelope(*alerts, **more):
    """A notification around alerts; it says firing, whatever they say."""
    return {
        "version": "4",
        "groupKey": '{}:{alertname="HighErrors"}',
        "status": "firing",
        "receiver": "warroom",
        "truncatedAlerts": 0,
        "alerts": list(alerts),
        **more,
    }

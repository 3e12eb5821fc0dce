"""Scenario 44, run inside a network of its own: ``unshare -n python -m tests.half_open FOLDER``.

Viewers sit behind a cable (veth); the cable is cut, so that they vanish without a word. Prints what
the web process held before, meanwhile and after, as JSON.
"""

import contextlib
import json
import os
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "warroom.settings")
django.setup()

from tests.web_process import House, house  # noqa: E402

VIEWERS = 60
HERE, THERE = "10.213.0.1", "10.213.0.2"
FAR_SIDE = """
import socket, sys, time
port, cookie, count = int(sys.argv[1]), sys.argv[2], int(sys.argv[3])
opened = []
for _ in range(count):
    one = socket.create_connection((sys.argv[4], port))
    one.sendall(
        f"GET /plans/genesis-4/live HTTP/1.1\\r\\nHost: 127.0.0.1\\r\\n"
        f"Cookie: sessionid={cookie}\\r\\n\\r\\n".encode()
    )
    opened.append(one)
print("open", flush=True)
time.sleep(120)
"""


def sh(command: str) -> None:
    subprocess.run(command, shell=True, check=True)


def held(place: House) -> dict:
    with urllib.request.urlopen(place.url("/metrics")) as page:
        text = page.read().decode()
    streams = float(text.split("\nwarroom_streams_open ")[1].split("\n")[0])
    rss = Path(f"/proc/{place.web.pid}/status").read_text().split("VmRSS:")[1].split()[0]
    return {
        "streams": int(streams),
        "sockets": len(os.listdir(f"/proc/{place.web.pid}/fd")),
        "threads": place.threads(),
        "database_files": place.database_files(),
        "rss_mb": int(rss) // 1024,
    }


@contextlib.contextmanager
def far_network():
    """Another network, tied to this one by a cable; yields a process that lives in it."""
    sh("ip link set lo up")
    far = subprocess.Popen(["unshare", "-n", "sleep", "120"])
    try:
        time.sleep(0.5)
        inside = f"nsenter -t {far.pid} -n"
        sh(f"ip link add near type veth peer name far && ip link set far netns {far.pid}")
        sh(f"ip addr add {HERE}/24 dev near && ip link set near up")
        sh(f"{inside} ip addr add {THERE}/24 dev far && {inside} ip link set far up")
        yield far
    finally:
        far.kill()
        far.wait()


def main(folder: Path) -> None:
    with far_network() as far, house(folder) as place:
        place.open(app="tests.impatient_app:application", host="0.0.0.0")
        before = held(place)
        command = ["nsenter", "-t", str(far.pid), "-n", sys.executable, "-c", FAR_SIDE]
        command += [str(place.port), place.cookie, str(VIEWERS), HERE]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as viewers:
            viewers.stdout.readline()
            meanwhile, deadline = held(place), time.monotonic() + 30
            while meanwhile["streams"] < VIEWERS and time.monotonic() < deadline:
                time.sleep(0.5)
                meanwhile = held(place)
            sh("ip link set near down")
            after, deadline = held(place), time.monotonic() + 30
            while after["streams"] and time.monotonic() < deadline:
                time.sleep(1)
                after = held(place)
            viewers.kill()
    print(json.dumps({"before": before, "meanwhile": meanwhile, "after": after}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))

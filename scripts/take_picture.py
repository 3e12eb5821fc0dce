"""Takes docs/room.png again: the live room of a running demo (``make run``), as Cora sees it.

With latency added at the demo service's knobs it shows a HOLD.
"""

import os
from argparse import ArgumentParser
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from tests.harness.fixtures import CHROMIUM, TOOLS
from warroom.demo.debian import find_program

PICTURE = Path(__file__).resolve().parent.parent / "docs" / "room.png"
PASSWORD = "warroom-demo"
SIZE = {"width": 1440, "height": 1080}


def main() -> None:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--release", default="progressive-rollout")
    wanted = parser.parse_args()
    program = find_program(CHROMIUM, [TOOLS / "usr" / "bin"])
    if program is None:
        parser.error("a browser is missing; Debian: apt-get install chromium")
    with sync_playwright() as driver:
        sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = driver.chromium.launch(executable_path=program, args=sandbox)
        page = browser.new_page(
            viewport=SIZE, color_scheme="light", base_url=f"http://127.0.0.1:{wanted.port}"
        )
        open_room(page, wanted.release)
        page.screenshot(path=PICTURE)
        browser.close()
    print(f"{PICTURE}: {PICTURE.stat().st_size // 1024} kB")


def open_room(page: Page, release: str) -> None:
    page.goto(f"/sign-in/?next=/plans/{release}/")
    page.fill("[name=username]", "cora")
    page.fill("[name=password]", PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_selector("body[data-link=live]")


if __name__ == "__main__":
    main()

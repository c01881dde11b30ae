"""The demo's page in a real browser: from the disk, and as `emofusion explore` serves it."""

import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import Page, expect, sync_playwright

PLAY = """() => new Promise((heard) => {
    const medium = document.querySelector("video, audio");
    medium.ontimeupdate = () => medium.currentTime > 0.2 && heard();
    medium.play();
})"""

results = Path(sys.argv[1])
faults: list[str] = []
asked: list[str] = []


def look(page: Page, address: str) -> None:
    """Go from the answer to a system, a confusion, an utterance, and hear it."""
    page.goto(address)
    expect(page.locator("h1")).to_contain_text("Self minus Cross on T+V+A")
    page.locator("section:nth-of-type(2) tbody td a").last.click()
    expect(page.locator("h1")).to_have_text("Self T+V+A")
    page.locator(".confusion td a", has_not_text="0 %").first.click()
    page.get_by_label("Class").select_option("neu")
    expect(page.locator(".list tbody td:nth-child(2)").first).to_have_text("neu")
    assert set(page.locator(".list tbody td:nth-child(2)").all_inner_texts()) == {"neu"}
    page.locator("video, audio").wait_for()
    page.evaluate(PLAY)
    expect(page.locator(".attention .word").first).to_be_visible()


with sync_playwright() as driver:
    browser = shutil.which("chromium")
    page = driver.chromium.launch(executable_path=browser, args=["--no-sandbox"]).new_page()
    page.on("console", lambda message: faults.append(message.text))
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    look(page, (results / "report/explore.html").resolve().as_uri())
    assert page.locator("audio").count() == 1
    served = subprocess.Popen(
        [sys.executable, "-m", "emofusion", "explore", "--no-browser", "--results", str(results)],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        look(page, re.match(r"http://127\.0\.0\.1:\d+/", served.stdout.readline())[0])
        assert page.locator("video").count() == 1
        assert page.evaluate("document.querySelector('video').videoWidth") > 0
    finally:
        served.send_signal(signal.SIGTERM)
        served.wait()

outside = [url for url in asked if not url.startswith(("file:", "data:", "http://127.0.0.1:"))]
assert not faults, faults
assert not outside, outside
print("opened, filtered, heard; nothing asked of the network, no error in the console")

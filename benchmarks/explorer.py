"""How long a browser needs for the page of the paper's full run, made up.

    python benchmarks/explorer.py [--browser /usr/bin/chromium] [--times 5]

prints the size of the page and, for each view, the median of the times until it is drawn [s].
"""

import argparse
import statistics
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from emofusion.reporting.explorer.page import render

sys.path.append(str(Path(__file__).parents[1] / "tests"))
from explored import full_size  # the made-up results of the tests

VIEWS = ("answer", "system", "compare", "utterances", "utterances?show=hardest")
DRAWN = "performance.measure('drawn').duration / 1000"


def main() -> None:
    """Make the page and open it in each of its views."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--browser", default="/usr/bin/chromium")
    parser.add_argument("--times", type=int, default=5)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as driver:
        page = Path(folder) / "explore.html"
        (Path(folder) / "runs").mkdir()
        page.write_text(render(full_size(Path(folder) / "runs")), encoding="utf-8")
        print(f"{page.stat().st_size / 1e6:.2f} MB")
        browser = driver.chromium.launch(executable_path=given.browser, args=["--no-sandbox"])
        for view in VIEWS:
            seconds = [seconds_to_draw(browser, page, view) for _ in range(given.times)]
            print(f"{view:26} {statistics.median(seconds):.2f} s")


def seconds_to_draw(browser: Browser, page: Path, view: str) -> float:
    """From the start of the navigation until the view is drawn [s]."""
    tab = browser.new_page()
    tab.goto(f"{page.as_uri()}#/{view}")
    tab.locator("#view > *").first.wait_for()
    seconds = tab.evaluate(DRAWN)
    tab.close()
    return seconds


if __name__ == "__main__":
    main()

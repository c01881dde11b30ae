"""The README's pictures, from the demo's results: make images

    python docs/make_images.py [--browser /usr/bin/chromium]

writes docs/images: the page to explore in a browser, and the terminal at the end of a run.
"""

import argparse
import io
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright
from rich.console import Console

from emofusion.config.loading import load_config, merge, read_yaml
from emofusion.plan import Plan
from emofusion.reporting.closing import closing

ROOT = Path(__file__).parents[1]
IMAGES = ROOT / "docs/images"
PAGE = ROOT / "results/demo/report/explore.html"
VIEWS = {
    "answer": ("light", "#/answer"),
    "compare": ("light", "#/compare"),
    "utterances": ("dark", "#/utterances?show=hardest"),
}
"""{picture: (colour scheme, address in the page)}"""
SIZE = {"width": 1280, "height": 800}
COLUMNS = 92


def main() -> None:
    """Make all of them."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--browser", default="/usr/bin/chromium")
    browser = parser.parse_args().browser
    IMAGES.mkdir(exist_ok=True)
    with sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=browser, args=["--no-sandbox"])
        for name, (scheme, view) in VIEWS.items():
            tab = opened.new_page(viewport=SIZE, color_scheme=scheme)
            tab.goto(PAGE.as_uri() + view)
            small(tab.screenshot()).save(IMAGES / f"{name}.png", optimize=True)
    (IMAGES / "terminal.svg").write_text(terminal(), encoding="utf-8")


def small(png: bytes) -> Image.Image:
    """A screenshot with 64 colours, which text and lines do not miss."""
    return Image.open(io.BytesIO(png)).convert("RGB").quantize(64)


def terminal() -> str:
    """What a finished demo says on the terminal, as SVG."""
    given = [ROOT / "config.yaml", ROOT / "protocols/demo.yaml"]
    plan = Plan(load_config(merge(map(read_yaml, given))), Path("results/demo"))
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), highlight=False)
    console.print("$ make demo", style="bold")
    about = plan.about_results(read_yaml(ROOT / "config.yaml"))
    console.print(closing(plan, about, COLUMNS), markup=False)
    return console.export_svg(title="emofusion")


if __name__ == "__main__":
    main()

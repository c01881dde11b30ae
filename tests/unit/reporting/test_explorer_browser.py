"""The page in a real browser, from the disk and served."""

import shutil
import threading

import numpy as np
import pytest
import soundfile
from explored import SETTINGS, write_results

from emofusion.reporting.explorer.build import results_data
from emofusion.reporting.explorer.page import render
from emofusion.reporting.explorer.server import Server

playwright = pytest.importorskip("playwright.sync_api")
BROWSER = shutil.which("chromium") or shutil.which("chromium-browser")
PLAY = """() => new Promise((heard) => {
    const medium = document.querySelector("video, audio");
    medium.ontimeupdate = () => medium.currentTime > 0.2 && heard();
    medium.play();
})"""
"""Resolves once some of an utterance has been played."""

pytestmark = pytest.mark.skipif(not BROWSER, reason="needs chromium")


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """Results with a page, and the corpus with a sound of each utterance."""
    results, corpus = tmp_path_factory.mktemp("results"), tmp_path_factory.mktemp("corpus")
    page = render(results_data(write_results(results), **SETTINGS))
    (results / "report/explore.html").write_text(page)
    tone = np.sin(np.arange(16000) / 20)
    for number in range(1, 9):
        soundfile.write(corpus / f"u{number}.wav", tone, 16000)
    return results, corpus


@pytest.fixture(scope="module")
def browser():
    with playwright.sync_playwright() as driver:
        yield driver.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])


@pytest.fixture
def tab(browser):
    """A tab in which nothing may fail and nothing may be asked of the network."""
    page, faults, asked = browser.new_page(), [], []
    page.on("console", lambda message: faults.append(message.text))
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    yield page
    page.close()
    assert faults == []
    outside = [url for url in asked if not url.startswith(("file:", "data:", "http://127.0.0.1:"))]
    assert outside == []


@pytest.fixture
def page(tab, folders):
    """The page, opened from the disk."""
    tab.goto((folders[0] / "report/explore.html").as_uri())
    return tab


@pytest.fixture
def served(tab, folders, tmp_path):
    """The page as `emofusion explore` serves it."""
    with Server(*folders, 0, tmp_path / "cache") as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        tab.goto(server.address)
        yield tab
        server.shutdown()
        thread.join()


def listed(page, *ids):
    """Wait until exactly these utterances are in the list."""
    playwright.expect(page.locator(".list tbody th")).to_have_text(list(ids))


def test_the_answer_comes_first(page):
    # by fold .750 and .625 against .750 and .375
    assert page.locator("h1").inner_text().startswith("Self minus Cross on T+V+A: +12.5 points")
    assert "Synthetic corpus" in page.locator(".reservation").first.inner_text()
    assert "emofusion explore" in page.locator("#banner").inner_text()


def test_a_cell_of_table_1_opens_its_system(page):
    page.get_by_role("link", name=".688 ± .239").first.click()
    playwright.expect(page.locator("h1")).to_have_text("Self T+V+A")
    recalls = page.locator("svg[aria-label='Recall of each class'] .mean title").all_text_contents()
    # ang: 2/2, 1/2, 1/2, 2/2; sad: 2/2, 1/2, 1/2, 1/2
    assert recalls == ["ang: mean 0.750 of 4 runs", "sad: mean 0.625 of 4 runs"]


def test_a_cell_of_the_confusion_matrix_opens_its_utterances(page):
    page.goto(page.url + "#/system?id=self/tva")
    cell = page.get_by_title("sad taken for ang: 3 of 8")
    assert cell.inner_text().split() == ["38", "%", "3"]
    cell.click()
    # u4 once in two runs, u6 in both
    listed(page, "u6", "u4")
    assert page.locator(".list tbody tr").first.inner_text().split() == [
        "u6", "sad", "0", "%", "of", "2", "100", "%",
    ]  # fmt: skip


def test_two_systems_are_compared_with_their_tests_and_disagreements(page):
    page.get_by_role("link", name="Compare the two").click()
    playwright.expect(page.locator("h1")).to_have_text("Self T+V+A and Cross T+V+A")
    playwright.expect(page.locator("svg.forest")).to_have_count(2)
    # u4 is right in one run of self and both of cross, u5 in both of self and one of cross
    found = page.locator("section:last-child tbody tr").all_inner_texts()
    assert [row.split()[0] for row in found] == ["u4", "u5"]
    text = page.locator("#view").inner_text()
    assert "1 utterance right in A only, 1 in B only" in text
    assert text.count("For a new speaker: a difference between −0.300 and +0.100") == 1
    assert "within ±0.020 with probability 0.25" in text


def test_utterances_are_filtered_and_found(page):
    page.keyboard.press("4")
    playwright.expect(page.locator(".list tbody th")).to_have_count(8)
    page.get_by_label("Class").select_option("sad")
    page.get_by_label("Session").select_option("2")
    listed(page, "u6", "u8")
    page.keyboard.press("/")
    page.keyboard.type("u8")
    page.keyboard.press("Enter")
    listed(page, "u8")
    playwright.expect(page.locator("#detail h2")).to_have_text("u8")


def test_those_that_every_system_gets_wrong_are_found(page):
    page.goto(page.url + "#/utterances?show=hardest")
    listed(page, "u6", "u3", "u7")


def test_keys_walk_through_the_list(page):
    page.goto(page.url + "#/utterances")
    second = page.locator(".list tbody th").nth(1).inner_text()
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    playwright.expect(page.locator("#detail h2")).to_have_text(second)


def test_a_heading_sorts(page):
    page.goto(page.url + "#/system?id=self/tva")
    table = page.locator("table", has_text="best epoch")
    table.get_by_role("button", name="UWA").click()
    assert table.locator("tbody tr td:nth-child(4)").all_inner_texts() == [
        "1.000", "0.750", "0.500", "0.500",
    ]  # fmt: skip


def test_words_and_attention_come_from_the_server(served):
    served.goto(served.url + "#/utterances?u=u3")
    served.get_by_text("Stop it <now> & here.").first.wait_for()
    assert served.locator("#banner").is_hidden()
    assert served.locator(".probabilities tbody tr").first.locator("td").all_inner_texts() == [
        "0.60", "0.40", "50 % of 2",
    ]  # fmt: skip


def test_an_utterance_is_heard(served):
    served.goto(served.url + "#/utterances?u=u3")
    served.locator("video").wait_for()
    served.evaluate(PLAY)
    assert served.evaluate("document.querySelector('video').duration") == pytest.approx(1, abs=0.1)

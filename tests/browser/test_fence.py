"""Pages ask this server alone, and nothing that they need is refused."""

from __future__ import annotations

import pytest

from rnnviz.app.frame import PAGES

NAMES = [file.removesuffix(".py") for file, *_ in PAGES]


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=() if name in ("train", "microscope") else pytest.mark.slow) for name in NAMES]
)
def test_a_page_fetches_nothing_from_elsewhere_and_misses_nothing(server, visit, name):
    tab = visit()
    asked, refused = [], []
    tab.page.on("response", lambda answer: asked.append(answer.url))
    tab.page.on("console", lambda message: refused.append(message.text))
    tab.open(server.address(name))
    tab.page.wait_for_timeout(500)
    own = (server.address(), "data:", "blob:")
    assert asked and all(address.startswith(own) for address in asked)
    # The tab's icon that Streamlit wants from a public server is refused; anything else would be missed.
    missed = [text for text in refused if "Content Security Policy" in text and "fonts.gstatic.com" not in text]
    assert missed == []

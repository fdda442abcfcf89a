"""The bench of the page Train, as a visitor uses it, with the inline engine."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from rnnviz import training
from rnnviz.app import kept
from rnnviz.app.settings import base
from rnnviz.data.sample import sample_csv
from rnnviz.figures.states import state_heatmap
from rnnviz.run import Run

pytestmark = pytest.mark.usefixtures("inline_engine")
ROOT = Path(__file__).resolve().parents[2]
SMALL = base("adding").with_(length=10, hidden_size=8, batch_size=8)
LINK = {"task": "adding", "T": "10", "H": "8", "B": "8"}
TURNS = 400  # looks at the page before giving up


class Bench:
    """The page, and the few things that are done to it and read from it."""

    def __init__(self, page: str = "train", **query: str) -> None:
        self.app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
        for key, value in (LINK | query).items():
            self.app.query_params[key] = value
        self.app.run()
        self.open = ""  # the menu
        self.app.switch_page(f"pages/{page}.py")
        for key, value in (LINK | query).items():
            self.app.query_params[key] = value
        self.look()

    def look(self) -> None:
        if self.open:  # which a browser would say
            self.app.session_state[self.open] = True
        self.app.run()
        assert not self.app.exception, [each.value for each in self.app.exception]

    def press(self, label: str) -> None:
        next(button for button in self.app.button if button.label.startswith(label)).click()
        self.look()

    def menu(self, key: str) -> None:
        """Open a popover, and no other; "" closes it."""
        self.open = key
        self.look()

    def control(self, kind: str, label: str) -> Any:
        """A control of an open menu, else of the side bar."""
        return next(each for each in getattr(self.app, kind) if each.label == label)

    def rest(self) -> None:
        """Until nothing trains or is recomputed any more."""
        for _ in range(TURNS):
            view = self.view  # each look at it does a slice
            if view.status not in ("playing", "starting") and view.seeking is None:
                self.look()
                return
        raise AssertionError(f"still {view.status} at step {view.step}")

    def reach(self, step: int) -> None:
        """Train until exactly `step`."""
        self.visitor.engine.play(self.job, step)
        self.rest()
        assert self.view.step == step

    @property
    def visitor(self) -> Any:
        return self.app.session_state["visitor"]

    @property
    def job(self) -> str:
        return self.visitor.jobs[kept.PLACE]

    @property
    def view(self) -> Any:
        return self.visitor.engine.latest(self.job)

    @property
    def words(self) -> str:
        return " ".join(each.value for kind in (self.app.markdown, self.app.caption) for each in kind)

    def number(self, label: str) -> str:
        return next(metric.value for metric in self.app.metric if metric.label == label)

    def picture(self, key: str) -> str:
        """What a picture shows, as text; drawings are numbered, which does not count."""
        shown = json.loads(self.visitor.pictures[key].json)
        return json.dumps({name: part for name, part in shown.items() if name != "drawing"})


def fresh(step: int, **changes: Any) -> Run:
    """An undisturbed run of the same experiment."""
    return training.advance(training.start(SMALL.with_(**changes)), steps=step)


def test_play_becomes_pause_and_play_again():
    bench = Bench()
    bench.press("Play")
    assert any(button.label == "Pause" for button in bench.app.button)
    bench.press("Pause")
    bench.rest()
    assert any(button.label == "Play" for button in bench.app.button) and bench.view.step > 0


def test_a_run_stops_at_the_step_in_the_link_and_plays_on():
    bench = Bench(stop="step:30")
    bench.press("Play")
    bench.rest()
    assert bench.number("Step") == "30" and "Step 30 is reached" in bench.words
    bench.press("Play")
    assert any(bench.view.step > 30 for _ in range(TURNS))


def test_a_breakpoint_from_the_link_fires_and_says_why():
    bench = Bench(stop="loss_target:100")
    bench.press("Play")
    bench.rest()
    assert bench.number("Step") == "20"
    mean = fresh(20).history.loss.mean()
    assert "The training loss reached 100 at step 20" in bench.words and f"{mean:.4g}" in bench.words
    assert "training loss reaches" in bench.picture("train loss")


def test_breakpoints_are_the_visitors_and_their_next_run_has_them_too():
    bench = Bench()
    bench.menu("stops")
    bench.control("toggle", "Gradient norm rises above").set_value(True)
    bench.look()
    assert bench.app.query_params["stop"] == "grad_norm_above:10" and "gradient norm rises above 10" in bench.words
    first = bench.job
    bench.control("number_input", "Seed").set_value(5)
    bench.look()
    bench.look()
    assert bench.job != first
    assert [(each.kind, each.value) for each in bench.view.breakpoints] == [("grad_norm_above", 10)]
    bench.menu("stops")
    bench.control("toggle", "Gradient norm rises above").set_value(False)
    bench.look()
    bench.look()
    assert "stop" not in bench.app.query_params and bench.view.breakpoints == ()


def test_garbage_for_a_breakpoint_is_said_and_leaves_the_link():
    bench = Bench(stop="<b>:1,plateau:many,saturation:0.9")
    assert sum("breakpoint" in each.value for each in bench.app.warning) == 1
    assert bench.app.query_params["stop"] == "saturation:0.9"


def test_speed_and_the_size_of_a_step():
    bench = Bench()
    bench.menu("speed")
    bench.control("select_slider", "Steps per second").set_value(5)
    bench.app.segmented_control[0].set_value(10)
    bench.look()
    bench.press("Step 10")
    assert bench.view.rate == 5
    bench.visitor.engine.pace(bench.job, None)
    bench.rest()
    assert bench.number("Step") == "10"


def test_looking_back_shows_what_a_fresh_run_stopped_there_shows():
    bench = Bench()
    bench.reach(230)
    bench.press("Back")
    bench.rest()
    there = fresh(200)
    assert bench.number("Step") == "200 of 230"
    assert bench.number("Training loss") == f"{there.history.loss[-1]:.4g}"
    assert bench.number("Held-out mean squared error") == f"{there.history.until(200).metric[-1]:.4g}"
    assert "step 200" in bench.picture("train loss")
    back = bench.picture("train heat map")
    bench.press("Now")
    bench.rest()
    assert bench.number("Step") == "230" and bench.picture("train heat map") != back
    expected = state_heatmap(training.observe(there), "h", 0, 0, False)
    assert json.loads(expected.to_json()) == json.loads(back)


def test_any_step_can_be_looked_at():
    bench = Bench()
    bench.reach(150)
    bench.menu("timeline any")
    bench.control("number_input", "Step").set_value(77)
    bench.press("Look at it")
    bench.rest()
    assert bench.number("Step") == "77 of 150"
    assert bench.number("Training loss") == f"{fresh(77).history.loss[-1]:.4g}"


def test_play_while_looking_back_comes_back_to_now():
    bench = Bench(stop="step:240")
    bench.reach(230)
    bench.press("Back")
    bench.rest()
    bench.press("Play")
    bench.rest()
    assert bench.number("Step") == "240"


def test_a_setting_changed_on_the_way_is_said_and_marked():
    bench = Bench()
    bench.reach(40)
    bench.menu(f"change menu {bench.job} 0")
    bench.control("number_input", "Batch size").set_value(4)
    bench.look()
    bench.press("From step 40 on")
    bench.menu("")
    bench.rest()
    assert bench.view.config.batch_size == 4 and bench.visitor.settings.batch_size == 8
    assert "Changed on the way: batch size 4 from step 40" in bench.words
    assert "batch size 4" in bench.picture("train loss")
    bench.reach(60)
    expected = training.advance(fresh(40).changed(batch_size=4), steps=20)
    assert bench.number("Training loss") == f"{expected.history.loss[-1]:.4g}"


def test_a_fork_goes_on_from_the_step_looked_at_and_its_parent_stands_beside_it():
    bench = Bench(clip="off")
    bench.reach(230)
    parent = bench.job
    bench.press("Back")
    bench.rest()
    bench.menu(f"fork menu {bench.job}")
    bench.control("selectbox", "Clipping").set_value("norm")
    bench.look()
    bench.press("Fork at step 200")
    bench.menu("")
    bench.rest()
    assert bench.job != parent and bench.number("Step") == "200"
    assert "Forked at step 200. Dashed: **parent**, at step 230." in bench.words
    assert all("parent" in bench.picture(f"train {name}") for name in ("loss", "grad norm"))
    assert bench.app.query_params["run"] == bench.job
    bench.reach(210)
    expected = training.advance(fresh(200, clip="off").changed(clip="norm"), steps=10)
    assert bench.number("Training loss") == f"{expected.history.loss[-1]:.4g}"
    child = bench.job
    bench.press("Open it")
    bench.look()
    assert bench.job == parent and "Dashed: **fork**, at step 210." in bench.words
    bench.press("Open it")
    bench.look()
    assert bench.job == child


def test_both_runs_are_played_together():
    bench = Bench(clip="off", stop="step:130")
    bench.reach(120)
    parent = bench.job
    bench.menu(f"fork menu {bench.job}")
    bench.control("selectbox", "Clipping").set_value("norm")
    bench.look()
    bench.press("Fork at step 120")
    bench.menu("")
    bench.rest()
    bench.control("toggle", "Play both").set_value(True)
    bench.look()
    bench.press("Play")
    bench.rest()
    assert any(bench.visitor.engine.latest(parent).step == 130 for _ in range(TURNS))
    assert bench.view.step == 130


def test_a_run_that_diverged_offers_the_fork_that_would_not():
    bench = Bench(lr="100", clip="off")
    bench.press("Play")
    bench.rest()
    assert bench.view.status == "diverged" and "Training diverged" in bench.words
    assert next(button for button in bench.app.button if button.label == "Play").disabled
    bench.press("Fork with clipping")
    bench.rest()
    assert bench.view.config.clip == "norm" and bench.view.config.learning_rate == 100
    assert bench.view.status == "paused" and bench.view.parent


def test_starting_over_loses_nothing():
    bench = Bench()
    bench.reach(25)
    first = bench.job
    bench.press("Start over")
    bench.rest()
    assert bench.job != first and bench.number("Step") == "0" and "run" not in bench.app.query_params
    bench.visitor.engine.keeper.flush(10)
    kept_runs = {about.id: about.step for about in bench.visitor.engine.runs(bench.visitor.owner)}
    assert kept_runs[first] == 25


def test_the_link_names_the_run_and_share_has_both_links():
    bench = Bench()
    assert "run" not in bench.app.query_params
    bench.reach(5)
    bench.look()
    assert bench.app.query_params["run"] == bench.job
    links = [each.value for each in bench.app.code]
    assert len(links) == 2 and "run=" not in links[0] and f"run={bench.job}" in links[1]


def test_a_run_on_a_file_of_ones_own_has_no_link():
    bench = Bench(page="your_data")
    bench.app.file_uploader[0].upload("sample.csv", sample_csv(), "text/csv")
    bench.look()
    bench.press("Train on it")
    bench.app.switch_page("pages/train.py")
    bench.reach(3)
    bench.look()
    assert "cannot be shared" in bench.words
    assert not any("run=" in each.value for each in bench.app.code)

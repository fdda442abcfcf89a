"""The page Your data: steps are switched, their effect is seen, links mean what they say, other networks' preparing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from rnnviz.app import preparing, starts
from rnnviz.config import ExperimentConfig
from rnnviz.data.reading import read
from rnnviz.data.sample import sample_csv
from rnnviz.runs import Spec

pytestmark = pytest.mark.usefixtures("inline_engine", "inline_errands")
ROOT = Path(__file__).resolve().parents[2]
NAMES = ("name,kind\n" + "".join(f"{'abc'[k % 3]}x{k},{('soft', 'hard')[k % 2]}\n" for k in range(90))).encode()


def sensor(file: int) -> bytes:
    """A recording of two sensors, of one kind."""
    rows = "".join(f"{(k + file) % 7},{k % 5},{('rest', 'walk')[file % 2]}\n" for k in range(60))
    return f"x,y,state\n{rows}".encode()


@pytest.fixture
def inline_errands(monkeypatch):
    monkeypatch.setenv("RNNVIZ_ERRANDS", "inline")


def brought(*files: tuple[str, bytes], **query: str) -> AppTest:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    for key, value in query.items():
        app.query_params[key] = value
    app.run()
    app.switch_page("pages/your_data.py").run()
    bring(app, *files)
    return app


def bring(app: AppTest, *files: tuple[str, bytes]) -> None:
    app.file_uploader[0].set_value([(name, content, "text/plain") for name, content in files])
    check(app.run())


def check(app: AppTest) -> AppTest:
    assert not app.exception, [each.value for each in app.exception]
    return app


def said(app: AppTest) -> str:
    return "\n".join(each.value for each in (*app.markdown, *app.caption)).replace("\\", "")


def titles(app: AppTest) -> list[str]:
    """The steps that are shown, without their numbers."""
    return [each.value[4:].split("**")[0] for each in app.markdown if each.value[2:3].isdigit()]


def use(kind: str, app: AppTest, label: str, value: object) -> AppTest:
    next(each for each in getattr(app, kind) if each.label == label).set_value(value)
    return check(app.run())


def settings(app: AppTest):
    return app.session_state["visitor"].settings


def test_what_suggests_itself_can_be_trained_on_at_once():
    app = brought(("sample.csv", sample_csv()))
    assert titles(app) == [
        "Sequences", "Order in time", "Resampling", "Parts", "Missing values", "Scaling", "Categories", "Windows",
    ]  # fmt: skip
    assert "all 1 day apart" in said(app) and "25 gaps of numbers filled" in said(app) and not app.error
    next(each for each in app.button if each.label == "Train on it").click()
    check(app.run())
    assert app.title[0].value == "Train" and settings(app).task == "uploaded" and settings(app).time_column == 0


@pytest.mark.parametrize(
    ("kind", "label", "value", "field", "effect"),
    [
        ("selectbox", "Missing values", "drop", "missing", "25 rows with a gap are left out"),
        ("selectbox", "Missing values", "mask", "missing", "3 more inputs say where"),
        ("selectbox", "Scaling", "minmax", "scaling", "lies between 0 and 1"),
        ("selectbox", "Categories", "embedding", "categories", "a learned vector each"),
        ("number_input", "Seconds between rows", 172800.0, "resample", "365 rows × 5 columns"),
        ("number_input", "Test part", 0.1, "test_fraction", "73 rows test"),
        ("number_input", "Horizon", 7, "horizon", "what comes 7 later"),
        ("number_input", "Stride", 10, "stride", "56 windows of 30"),
        ("multiselect", "From", [2, 3], "columns", "× 2 inputs"),
        ("multiselect", "Predict", [2, 4], "targets", "2 targets"),
    ],
)
def test_a_step_is_switched_and_its_effect_is_seen(kind, label, value, field, effect):
    app = brought(("sample.csv", sample_csv()))
    before = said(app)
    use(kind, app, label, value)
    assert getattr(settings(app), field) == (tuple(value) if isinstance(value, list) else value)
    if effect != "2 targets":
        assert effect in said(app) and effect not in before
    else:
        assert {"→ temperature (standardised)", "→ sales (standardised)"} <= set(app.dataframe[0].value.columns)


def test_other_goals_have_their_own_steps():
    app = brought(*((f"r{k}.csv", sensor(k)) for k in range(8)))
    goals = next(each for each in app.segmented_control if each.label == "What to predict")
    assert goals.value == "uploaded_class" and "6 training, 2 held-out" in said(app)  # each file is of one state
    use("segmented_control", app, "What to predict", "uploaded")
    assert "Each sequence is cut in the order of time" in said(app)
    use("segmented_control", app, "What to predict", "uploaded_steps")
    assert settings(app).task == "uploaded_steps" and "Whole sequences, drawn at random" in said(app)
    assert next(each for each in app.selectbox if each.label == "Label").value == 2
    use("segmented_control", app, "What to predict", "uploaded_class")
    assert "6 sequences of at most 60 time steps" in said(app) and "Its class:" in said(app)


def test_the_time_may_be_a_column_of_numbers():
    app = brought(("t.csv", b"seconds,x\n" + b"".join(b"%d,%d\n" % (2 * k, k % 7) for k in range(200))))
    use("selectbox", app, "Time index", 0)
    assert "all 2 seconds apart" in said(app) and "Resampling" in titles(app)


@pytest.mark.parametrize(
    ("rows", "how", "share"),
    [
        (range(10), {}, 0.8),
        (range(10), {"time_column": 0}, 0.8),
        (range(9, -1, -1), {"time_column": 0}, None),  # it is sorted first
        (range(10), {"sequence_column": 1}, None),
        (range(10), {"task": "uploaded_class", "label_column": 1}, None),
    ],
)
def test_the_preview_shades_the_rows_that_judge_only_where_they_come_last(rows, how, share):
    data = read([("t.csv", b"t,k,x\n" + b"".join(b"%d,%d,%d\n" % (row, row % 2, row) for row in rows))], 50)
    config = ExperimentConfig(**{"task": "uploaded", "train_fraction": 0.8, **how})
    assert preparing.border(data, config) == share


def test_texts_with_a_label_are_classes_of_tokens():
    app = brought(("names.csv", NAMES))
    assert next(each for each in app.segmented_control if each.label == "What to predict").value == "uploaded_class"
    assert titles(app) == ["Sequences", "Parts", "Tokens", "Windows"] and not app.error
    assert "Each of 90 rows is a text of its own" in said(app) and "72 sequences" in said(app)


def test_a_text_has_tokens_of_three_kinds():
    app = brought(("rhyme.txt", b"How I wonder what you are!\nUp above the world so high\n" * 30))
    assert titles(app) == ["Sequences", "Parts", "Tokens", "Windows"]
    use("selectbox", app, "Tokens", "words")
    assert "Words (in lower case) and punctuation marks: 13 different ones" in said(app)
    use("selectbox", app, "Tokens", "symbols")
    assert "what stands between spaces" in said(app)


def test_the_link_carries_every_step_and_is_read_again():
    app = brought(("sample.csv", sample_csv()))
    use("selectbox", app, "Scaling", "robust")
    use("number_input", app, "Horizon", 3)
    query = {key: app.query_params[key] for key in app.query_params}
    query = {key: value if isinstance(value, str) else value[0] for key, value in query.items()}
    assert query["task"] == "uploaded" and query["scaling"] == "robust" and query["ahead"] == "3"
    wanted = settings(app)
    use("selectbox", app, "Scaling", "none")
    use("segmented_control", app, "What to predict", "uploaded_steps")
    for key in [key for key in app.query_params if key not in query]:
        del app.query_params[key]
    for key, value in query.items():
        app.query_params[key] = value
    check(app.run())
    assert settings(app) == wanted and "median 0" in said(app)


def test_what_cannot_be_prepared_is_said_and_can_be_put_right():
    app = brought(("sample.csv", sample_csv()))
    use("multiselect", app, "From", [1])
    use("number_input", app, "Test part", 0.2)
    assert any("leave nothing to hold out" in each.value for each in app.error)
    use("number_input", app, "Test part", 0.1)
    assert not app.error


def test_names_of_columns_are_never_markdown():
    app = brought(("t.csv", b"![a](//e.co/p.png),<b>b</b>\n" + b"".join(b"%d,%d\n" % (k, k % 7) for k in range(200))))
    assert "](//" not in "".join(each.value for each in (*app.markdown, *app.caption))


def test_new_data_are_prepared_as_those_that_a_network_learned_from(monkeypatch):
    monkeypatch.setattr(starts, "LISTED", 1e-6)  # a run from elsewhere is seen at once
    app = brought(("sample.csv", sample_csv()))
    use("selectbox", app, "Missing values", "mask")
    visitor = app.session_state["visitor"]
    job = visitor.engine.create(Spec(visitor.settings, visitor.data), "elsewhere", visitor.owner)
    visitor.engine.step(job, 3)
    while visitor.engine.latest(job).step < 3 or visitor.engine.latest(job).status == "playing":
        pass
    visitor.engine.keeper.flush(10)
    lines = sample_csv().decode().splitlines()
    bring(app, ("later.csv", "\n".join([lines[0], *lines[400:]]).encode()))
    learned = next(each for each in app.selectbox if each.label == "Learned from")
    assert learned.value == "" and len(learned.options) >= 2
    own = app.session_state["visitor"].data
    learned.set_value(next(option for option in _values(app) if option))
    check(app.run())
    data = visitor.data_for(visitor.settings)
    assert data is not own and data.pipeline is not None and visitor.settings.start
    mean = float(np.nanmean(own.table[4].values))
    assert abs(data.pipeline.learned.middle[data.pipeline.learned.numbers.index("sales")] - mean) > 1
    use("selectbox", app, "Learned from", "")
    assert visitor.settings.start == "" and visitor.data_for(visitor.settings) is visitor.data


def _values(app: AppTest) -> list[str]:
    """What "Learned from" can be set to."""
    visitor = app.session_state["visitor"]
    return ["", *(starts._key(about) for about in visitor.engine.runs(visitor.owner)), *visitor.starts]

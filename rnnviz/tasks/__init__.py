"""The tasks: one file each. To add one, write its file and list it here."""

from __future__ import annotations

from rnnviz.config import ExperimentConfig
from rnnviz.data.dataset import Dataset
from rnnviz.losses import effective_loss
from rnnviz.registry import Registry
from rnnviz.tasks.adding import Adding
from rnnviz.tasks.base import Batch as Batch
from rnnviz.tasks.base import Task as Task
from rnnviz.tasks.caption import Caption
from rnnviz.tasks.copy_memory import CopyMemory
from rnnviz.tasks.digits import DigitsPixels, DigitsRows
from rnnviz.tasks.dna import Dna
from rnnviz.tasks.gestures import Gestures
from rnnviz.tasks.mackey_glass import MackeyGlass
from rnnviz.tasks.music import Music
from rnnviz.tasks.names import Names
from rnnviz.tasks.noise import Noise
from rnnviz.tasks.sensors import Sensors
from rnnviz.tasks.sentiment import Sentiment
from rnnviz.tasks.sine import Sine
from rnnviz.tasks.spoken_digits import SpokenDigits
from rnnviz.tasks.stocks import Stocks
from rnnviz.tasks.tagging import Tagging
from rnnviz.tasks.temporal_order import TemporalOrder
from rnnviz.tasks.text import Text
from rnnviz.tasks.text import corpus_fingerprint as corpus_fingerprint
from rnnviz.tasks.translation import Translation
from rnnviz.tasks.uploaded import Uploaded
from rnnviz.tasks.uploaded_class import UploadedClass
from rnnviz.tasks.uploaded_steps import UploadedSteps
from rnnviz.tasks.video import Video

TASKS: Registry[type[Task]] = Registry(
    "task",
    {
        "adding": Adding,
        "copy_memory": CopyMemory,
        "temporal_order": TemporalOrder,
        "sine": Sine,
        "mackey_glass": MackeyGlass,
        "digits_rows": DigitsRows,
        "digits_pixels": DigitsPixels,
        "stocks": Stocks,
        "sensors": Sensors,
        "text": Text,
        "sentiment": Sentiment,
        "tagging": Tagging,
        "names": Names,
        "dna": Dna,
        "caption": Caption,
        "translation": Translation,
        "spoken_digits": SpokenDigits,
        "gestures": Gestures,
        "video": Video,
        "music": Music,
        "noise": Noise,
        "uploaded": Uploaded,
        "uploaded_class": UploadedClass,
        "uploaded_steps": UploadedSteps,
    },
)


def make_task(config: ExperimentConfig, data: Dataset | None = None) -> Task:
    """The task of a configuration; `data` is needed where the task has `needs_data`.

    Where the configuration asks for another loss than the task's own, the task has that one, and no baseline:
    it is known for its own alone. Raises UnknownName, ConfigError or DataError, each with a sentence for the reader.
    """
    task = TASKS[config.task](config, data)
    loss = effective_loss(config, task.loss)
    if loss != task.loss:
        task.loss, task.baseline, task.baseline_words = loss, None, ""
    return task


def named_data(config: ExperimentConfig, data: Dataset | None = None) -> ExperimentConfig:
    """The configuration with the fingerprint of the data it reads, where it names none yet.

    Raises UnknownName for a task that is not there, DataError where the text task finds no corpus.
    """
    return config if config.data else config.with_(data=TASKS[config.task].fingerprint(data))

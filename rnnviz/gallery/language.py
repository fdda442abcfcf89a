"""Examples that read or write language."""

from __future__ import annotations

from rnnviz.gallery.example import Example

LANGUAGE_MODEL = Example(
    name="language_model",
    title="Language modelling",
    task="text",
    lesson="Letter by letter, a network learns to spell, to indent and to close brackets.",
    steps=700,
    measure="bits",
    reach=2.9,
    seconds=35,
    picture="text",
    page="hidden_states.py",
    look="Follow one unit through a line of code: what it does at its beginning, at brackets, at its end.",
)
TRANSLATION = Example(
    name="translation",
    title="Translation",
    task="translation",
    lesson="An encoder reads, a decoder writes, and attention tells it where to look.",
    steps=500,
    measure="exact_match",
    reach=0.9,
    seconds=45,
    picture="pairs",
    page="shapes.py",
    look="The attention map: the tens and ones change places on the way into German, not into French.",
    without={"attention": "off"},
    without_words="without attention",
)
SENTIMENT = Example(
    name="sentiment",
    title="Sentiment, negation included",
    task="sentiment",
    lesson="“Not very bad” is praise: the order of the words decides, and counting them does not.",
    steps=500,
    measure="accuracy",
    reach=0.97,
    seconds=5,
    picture="remarks",
    page="shapes.py",
    look="Type a remark of your own, then put a “not” into it.",
)
TAGGING = Example(
    name="tagging",
    title="Tagging ambiguous words",
    task="tagging",
    lesson="In “the old man her”, only the last word tells that *man* is a verb: one has to read from both ends.",
    steps=200,
    measure="accuracy",
    reach=0.99,
    seconds=5,
    picture="tags",
    page="shapes.py",
    look="Type “the old man the judge .”; then switch **Both directions** off: one word in six stays wrong.",
    without={"bidirectional": False},
    without_words="forwards only",
)
NAMES = Example(
    name="names",
    title="Names to languages",
    task="names",
    lesson="Sixteen letters at most, no accents: the endings give a language away.",
    steps=800,
    measure="accuracy",
    reach=0.66,
    seconds=5,
    picture="remarks",
    page="shapes.py",
    look="Type your own surname.",
)
CAPTION = Example(
    name="caption",
    title="Image caption",
    task="caption",
    lesson="A picture becomes the first state of a decoder, which then writes letter by letter.",
    steps=600,
    measure="exact_match",
    reach=0.88,
    seconds=5,
    picture="captions",
    page="shapes.py",
    look="What the decoder writes, and how sure it is of each letter.",
)

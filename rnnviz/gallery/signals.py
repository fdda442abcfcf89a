"""Examples on signals: speech, gestures, video, music."""

from __future__ import annotations

from rnnviz.gallery.example import Example

SPOKEN_DIGITS = Example(
    name="spoken_digits",
    title="Spoken digits (synthesised)",
    task="spoken_digits",
    lesson="A word is known whoever says it, fast or slow: the held-out voices are new. All are synthesised.",
    steps=300,
    measure="accuracy",
    reach=0.94,
    seconds=5,
    picture="spectrograms",
    page="train.py",
    look="The sound and its picture: at which moment “four” and “five” part.",
)
GESTURES = Example(
    name="gestures",
    title="Gestures of a pen",
    task="gestures",
    lesson="The same ink, another order: what tells a spiral inwards from one outwards is when, not where.",
    steps=200,
    measure="accuracy",
    reach=0.97,
    seconds=5,
    picture="strokes",
    page="hidden_states.py",
    look="The way through the hidden states, of one sequence and another: two gestures begin together, and part.",
)
VIDEO = Example(
    name="video",
    title="Video: a ball in the dark",
    task="video",
    lesson="Convolutions see where the ball is; the recurrent layer knows where it flies, even while the light is out.",
    steps=600,
    measure="rmse",
    reach=0.1,
    seconds=10,
    picture="film",
    page="train.py",
    look="The film: where the network takes the ball to be while all frames are black.",
)
MUSIC = Example(
    name="music",
    title="Music, in a new key",
    task="music",
    lesson="Weight decay keeps the network from learning every key by heart: then it goes on in one it never heard.",
    steps=800,
    measure="bits",
    reach=1.55,
    seconds=30,
    picture="melodies",
    page="train.py",
    look="Press “Play on”: the beginning of a melody, and what the network makes of it.",
    without={"weight_decay": 0.0},
    without_words="without weight decay",
)

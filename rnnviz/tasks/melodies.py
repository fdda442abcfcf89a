"""Melodies in the public domain, as notes, written for this app from the common versions.

A note is a letter from c (the C below a = 440 Hz) to b, `'` an octave higher, `,` an octave lower, `#` and `b` in
front of those a semitone higher or lower, and then its length in eighths; r is a rest. Bars are for the eye.
"""

from __future__ import annotations

import re

SEMITONES = {"c": 0, "d": 2, "e": 4, "f": 5, "g": 7, "a": 9, "b": 11}
MIDDLE_C = 60  # as MIDI counts

MELODIES = {
    "Ah ! vous dirai-je, maman (French, 1761)": """
        c2 c2 g2 g2 | a2 a2 g4 | f2 f2 e2 e2 | d2 d2 c4 | g2 g2 f2 f2 | e2 e2 d4 | g2 g2 f2 f2 | e2 e2 d4 |
        c2 c2 g2 g2 | a2 a2 g4 | f2 f2 e2 e2 | d2 d2 c4""",
    "Frère Jacques (French, 18th century)": """
        c2 d2 e2 c2 | c2 d2 e2 c2 | e2 f2 g4 | e2 f2 g4 | g1 a1 g1 f1 e2 c2 | g1 a1 g1 f1 e2 c2 |
        c2 g,2 c4 | c2 g,2 c4""",
    "An die Freude (Ludwig van Beethoven, 1824)": """
        e2 e2 f2 g2 | g2 f2 e2 d2 | c2 c2 d2 e2 | e3 d1 d4 | e2 e2 f2 g2 | g2 f2 e2 d2 | c2 c2 d2 e2 | d3 c1 c4 |
        d2 d2 e2 c2 | d2 e1 f1 e2 c2 | d2 e1 f1 e2 d2 | c2 d2 g,4 |
        e2 e2 f2 g2 | g2 f2 e2 d2 | c2 c2 d2 e2 | d3 c1 c4""",
    "Alle meine Entchen (German, 19th century)": """
        c1 d1 e1 f1 g2 g2 | a1 a1 a1 a1 g4 | a1 a1 a1 a1 g4 | f1 f1 f1 f1 e2 e2 | d1 d1 d1 d1 c4""",
    "Hänschen klein (Franz Wiedemann, 19th century)": """
        g2 e2 e4 | f2 d2 d4 | c2 d2 e2 f2 | g2 g2 g4 | g2 e2 e4 | f2 d2 d4 | c2 e2 g2 g2 | c8 |
        d2 d2 d2 d2 | d2 e2 f4 | e2 e2 e2 e2 | e2 f2 g4 | g2 e2 e4 | f2 d2 d4 | c2 e2 g2 g2 | c8""",
    "Jingle Bells (James Lord Pierpont, 1857)": """
        e2 e2 e4 | e2 e2 e4 | e2 g2 c3 d1 | e8 | f2 f2 f3 f1 | f2 e2 e2 e1 e1 | e2 d2 d2 e2 | d4 g4 |
        e2 e2 e4 | e2 e2 e4 | e2 g2 c3 d1 | e8 | f2 f2 f3 f1 | f2 e2 e2 e1 e1 | g2 g2 f2 d2 | c8""",
    "Au clair de la lune (French, 18th century)": """
        c2 c2 c2 d2 | e4 d4 | c2 e2 d2 d2 | c8 | c2 c2 c2 d2 | e4 d4 | c2 e2 d2 d2 | c8 |
        d2 d2 d2 d2 | a,4 a,4 | d2 c2 b,2 a,2 | g,8 | c2 c2 c2 d2 | e4 d4 | c2 e2 d2 d2 | c8""",
    "London Bridge (English, 18th century)": """
        g3 a1 g2 f2 | e2 f2 g4 | d2 e2 f4 | e2 f2 g4 | g3 a1 g2 f2 | e2 f2 g4 | d4 g4 | e2 c6""",
    "Mary Had a Little Lamb (Lowell Mason, 19th century)": """
        e2 d2 c2 d2 | e2 e2 e4 | d2 d2 d4 | e2 g2 g4 | e2 d2 c2 d2 | e2 e2 e2 e2 | d2 d2 e2 d2 | c8""",
    "When the Saints (American, 19th century)": """
        r2 c2 e2 f2 | g8 | r2 c2 e2 f2 | g8 | r2 c2 e2 f2 | g4 e4 | c4 e4 | d8 |
        r2 e2 e2 d2 | c6 c2 | e4 g4 | g2 f6 | r4 e2 f2 | g4 e4 | c4 d4 | c8""",
    "Yankee Doodle (American, 18th century)": """
        c2 c2 d2 e2 | c2 e2 d2 g,2 | c2 c2 d2 e2 | c4 b,4 | c2 c2 d2 e2 | f2 e2 d2 c2 | b,2 g,2 a,2 b,2 | c4 c4 |
        a,3 b,1 a,2 g,2 | a,2 b,2 c4 | g,3 a,1 g,2 f,2 | e,4 g,4 | a,3 b,1 a,2 g,2 | a,2 b,2 c2 a,2 |
        g,2 c2 b,2 d2 | c4 c4""",
    "Wiegenlied (Johannes Brahms, 1868)": """
        e1 e1 | g3 e1 e2 | g4 e1 g1 | c'2 b3 a1 | a2 g2 d1 e1 | f2 d2 d1 e1 | f4 d1 f1 | b1 a1 g2 b2 | c'4 c1 c1 |
        c'4 a1 f1 | g4 e1 c1 | f2 g2 a2 | g4 c1 c1 | c'4 a1 f1 | g4 e1 c1 | f2 e2 d2 | c4""",
    "Oh! Susanna (Stephen Foster, 1848)": """
        c1 d1 | e2 g2 g3 a1 | g2 e2 c3 d1 | e2 e2 d2 c2 | d6 c1 d1 | e2 g2 g3 a1 | g2 e2 c3 d1 | e2 e2 d2 d2 | c8 |
        f4 f4 | a2 a4 a2 | g2 g2 e2 c2 | d6 c1 d1 | e2 g2 g3 a1 | g2 e2 c3 d1 | e2 e2 d2 d2 | c6""",
    "Auld Lang Syne (Scottish, 1799)": """
        c2 | f3 f1 f2 a2 | g3 f1 g2 a2 | f3 f1 a2 c'2 | d'6 d'2 | c'3 a1 a2 f2 | g3 f1 g2 a2 | f3 d1 d2 c2 | f6 d'2 |
        c'3 a1 a2 f2 | g3 f1 g2 d'2 | c'3 a1 a2 c'2 | d'6 d'2 | c'3 a1 a2 f2 | g3 f1 g2 a2 | f3 d1 d2 c2 | f6""",
    "Greensleeves (English, 16th century)": """
        a2 | c'4 d'2 e'3 f'1 e'2 | d'4 b2 g3 a1 b2 | c'4 a2 a3 g#1 a2 | b4 g#2 e4 a2 |
        c'4 d'2 e'3 f'1 e'2 | d'4 b2 g3 a1 b2 | c'3 b1 a2 g#3 f#1 g#2 | a6 a4""",
    "Row, Row, Row Your Boat (American, 19th century)": """
        c3 c3 | c2 d1 e3 | e2 d1 e2 f1 | g6 | c'1 c'1 c'1 g1 g1 g1 | e1 e1 e1 c1 c1 c1 | g2 f1 e2 d1 | c6""",
    "Amazing Grace (American, 1829)": """
        d2 | g4 b1 g1 | b4 a2 | g4 e2 | d4 d2 | g4 b1 g1 | b4 a2 | d'6 | d'4 b2 |
        d'3 b1 d'1 b1 | g4 d2 | e3 g1 g1 e1 | d4 d2 | g4 b1 g1 | b4 a2 | g4""",
    "Good King Wenceslas (Piae Cantiones, 1582)": """
        c2 c2 c2 d2 | c2 c2 g,4 | a,2 g,2 a,2 b,2 | c4 c4 | c2 c2 c2 d2 | c2 c2 g,4 | a,2 g,2 a,2 b,2 | c4 c4 |
        g2 f2 e2 d2 | e2 d2 c4 | a,2 g,2 a,2 b,2 | c4 c4 | g,2 g,2 a,2 b,2 | c2 c2 d4 | g2 f2 e2 d2 | c4 f4 | c8""",
    "Old MacDonald (American, 19th century)": """
        g2 g2 g2 d2 | e2 e2 d4 | b2 b2 a2 a2 | g6 d2 | g2 g2 g2 d2 | e2 e2 d4 | b2 b2 a2 a2 | g6 d1 d1 |
        g2 g2 g2 d1 d1 | g2 g2 g4 | g1 g1 g2 g1 g1 g2 | g1 g1 g1 g1 g2 g2 | g2 g2 g2 d2 | e2 e2 d4 |
        b2 b2 a2 a2 | g8""",
    "Sur le pont d'Avignon (French, 19th century)": """
        c2 c2 c4 | d2 d2 d4 | e2 f2 g2 c2 | b,2 c2 d2 g,2 | c2 c2 c4 | d2 d2 d4 | e2 f2 g2 c2 | d2 b,2 c4""",
}

NOTE = re.compile(r"(?P<name>[a-g])(?P<sharp>[#b]?)(?P<octave>[',]?)(?P<eighths>\d)|r(?P<rest>\d)")


def notes(melody: str) -> list[tuple[int | None, int]]:
    """(pitch as MIDI counts, None for a rest; length in eighths) of every note. Raises ValueError, naming one that
    is none."""
    found: list[tuple[int | None, int]] = []
    for word in melody.replace("|", " ").split():
        match = NOTE.fullmatch(word)
        if match is None:
            raise ValueError(f"“{word}” is no note; expected a letter, #, b, ' or , and a length, such as f#2.")
        if match["rest"]:
            found.append((None, int(match["rest"])))
            continue
        pitch = MIDDLE_C + SEMITONES[match["name"]]
        pitch += {"": 0, "#": 1, "b": -1}[match["sharp"]] + {"": 0, "'": 12, ",": -12}[match["octave"]]
        found.append((pitch, int(match["eighths"])))
    return found

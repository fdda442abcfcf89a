"""What `torch.save` writes, looked through before torch sees it: a zip archive of plain numbers and one pickle.

A pickle is a program. Nothing here runs one: its instructions are listed, and any but those that a state_dict needs
refuse the file.
"""

from __future__ import annotations

import io
import pickletools
import re
import zipfile

from rnnviz.data.errors import DataError
from rnnviz.weights.stacks import quoted

ENTRIES, PICKLE_BYTES = 20_000, 500_000  # at most; a state_dict has about 150 bytes of pickle for each tensor
PROTOCOL = ("PROTO", "2")
WATCHED = {"PROTO", "GLOBAL", "STACK_GLOBAL", "INST", "OBJ", "NEWOBJ", "NEWOBJ_EX", "EXT1", "EXT2", "EXT4"}
PLAIN = re.compile(
    r"collections (OrderedDict|Counter)"
    r"|torch\._utils _rebuild_(tensor(_v2|_v3)?|parameter)"
    r"|torch (\w+Storage|Size|device|bool|b?float\d+|u?int\d+|complex\d+)"
    r"|torch\.serialization _get_layout"
)
SAVE = "Save its weights alone: torch.save(model.state_dict(), path), or safetensors."


def check_archive(content: bytes, limit_bytes: int) -> None:
    """Raise DataError unless this is an archive of weights that torch may read. Unpacks nothing but the pickle."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
        pickled = _pickled(archive.infolist(), max(limit_bytes, len(content)))
        program = archive.read(pickled)
    except DataError:
        raise
    except (zipfile.BadZipFile, NotImplementedError, EOFError, OSError, ValueError) as error:
        raise DataError(
            f"The archive is damaged ({quoted(str(error))}): save the file again and copy it whole."
        ) from None
    _check_pickle(program)


def _pickled(entries: list[zipfile.ZipInfo], limit_bytes: int) -> zipfile.ZipInfo:
    """The entry that holds the pickle. Raises DataError where the directory is none that torch.save writes."""
    if len(entries) > ENTRIES:
        raise DataError(f"The archive has {len(entries)} entries; at most {ENTRIES} are read. {SAVE}")
    if any(re.search(r"(^|/)(constants\.pkl|code/)", entry.filename) for entry in entries):
        raise DataError(f"The archive holds a TorchScript program, which is not run. {SAVE}")
    for entry in entries:
        if entry.compress_type != zipfile.ZIP_STORED or entry.flag_bits & 1:
            raise DataError(
                f"The entry {quoted(entry.filename)} is compressed or locked; torch saves plain ones. {SAVE}"
            )
    if (total := sum(entry.file_size for entry in entries)) > limit_bytes:
        raise DataError(f"The archive claims to hold {total:,} bytes, more than the file itself. {SAVE}")
    pickles = [entry for entry in entries if re.fullmatch(r"[^/]+/data\.pkl", entry.filename)]
    if len(pickles) != 1:
        raise DataError(f"The archive has {len(pickles)} entries called data.pkl; torch.save writes one. {SAVE}")
    if pickles[0].file_size > PICKLE_BYTES:
        raise DataError(f"Its pickle has {pickles[0].file_size:,} bytes; at most {PICKLE_BYTES:,} are read. {SAVE}")
    return pickles[0]


def _check_pickle(program: bytes) -> None:
    """List its instructions, without running any. What it would call must be in PLAIN."""
    try:
        found = {
            (operation.name, str(argument)): None
            for operation, argument, _ in pickletools.genops(program)
            if operation.name in WATCHED
        }
    except (ValueError, IndexError) as error:
        raise DataError(f"Its pickle is damaged ({quoted(str(error))}): save the file again.") from None
    for name, argument in found:
        if name == "GLOBAL" and PLAIN.fullmatch(argument) or (name, argument) == PROTOCOL:
            continue
        would = {
            "GLOBAL": f"The file would call {quoted(argument.replace(' ', '.'))}",
            "PROTO": f"The file is a pickle of protocol {argument} where torch.save writes {PROTOCOL[1]}",
        }.get(name, f"The file's pickle makes objects ({name})")
        raise DataError(f"{would}; only plain weights are read, and nothing was executed. {SAVE}")

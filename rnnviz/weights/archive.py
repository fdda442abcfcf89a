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

ENTRIES, PICKLE_BYTES = 20_000, 2_000_000  # at most; a state_dict of 10,000 tensors has 1.2 MB of pickle
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
        entries = archive.infolist()
        if len(entries) > ENTRIES:
            raise DataError(f"The archive has {len(entries)} entries; at most {ENTRIES} are read. {SAVE}")
        for entry in entries:
            if entry.compress_type != zipfile.ZIP_STORED or entry.flag_bits & 1:
                raise DataError(
                    f"The entry {quoted(entry.filename)} is compressed or locked; torch saves plain ones. {SAVE}"
                )
        total = sum(entry.file_size for entry in entries)
        if total > max(limit_bytes, len(content)):
            raise DataError(f"The archive claims to hold {total:,} bytes, more than the file itself. {SAVE}")
        names = [entry.filename for entry in entries]
        if any(re.search(r"(^|/)(constants\.pkl|code/)", name) for name in names):
            raise DataError(f"The archive holds a TorchScript program, which is not run. {SAVE}")
        pickles = [entry for entry in entries if re.fullmatch(r"[^/]+/data\.pkl", entry.filename)]
        if len(pickles) != 1:
            raise DataError(
                f"The archive has {len(pickles)} entries called data.pkl where torch.save writes one. {SAVE}"
            )
        if pickles[0].file_size > PICKLE_BYTES:
            raise DataError(f"Its pickle has {pickles[0].file_size:,} bytes; at most {PICKLE_BYTES:,} are read. {SAVE}")
        _check_pickle(archive.read(pickles[0]))
    except (zipfile.BadZipFile, NotImplementedError, EOFError, OSError, UnicodeDecodeError) as error:
        raise DataError(f"The archive is damaged ({error}): save the file again and copy it whole.") from None


def _check_pickle(program: bytes) -> None:
    """List its instructions, without running any. What it would call must be in PLAIN."""
    try:
        for operation, argument, _ in pickletools.genops(program):
            if operation.name == "GLOBAL":
                if not PLAIN.fullmatch(str(argument)):
                    raise DataError(
                        f"The file would call {quoted(str(argument).replace(' ', '.'))}, and only plain weights are "
                        f"read: nothing was executed. {SAVE}"
                    )
            elif operation.name in ("STACK_GLOBAL", "INST", "OBJ", "NEWOBJ", "NEWOBJ_EX") or "EXT" in operation.name:
                raise DataError(
                    f"The file's pickle makes objects ({operation.name}), and only plain weights are read: nothing was "
                    f"executed. {SAVE}"
                )
    except DataError:
        raise
    except (ValueError, IndexError) as error:
        raise DataError(f"Its pickle is damaged ({quoted(str(error))}): save the file again.") from None

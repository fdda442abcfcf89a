"""The files of a store: a folder, or whatever else fsspec reaches, such as an object store.

What differs between the two is here: a file on a local disk is replaced by renaming and synchronised, an object is
put whole. Failures of either leave as a StoreError where `InWords` surrounds them.
"""

from __future__ import annotations

import errno
import os
import secrets
from collections.abc import Iterable
from contextlib import suppress

import fsspec
from fsspec.implementations.local import LocalFileSystem


class StoreError(OSError):
    """A run could not be kept, or read. The message is a sentence for the page."""


class Files:
    """Files under one root. A path is a tuple of names. Raises StoreError where nothing installed answers to `url`."""

    def __init__(self, url: str) -> None:
        try:  # no listings are cached: another server may write, too
            self.fs, root = fsspec.url_to_fs(url, use_listings_cache=False)
        except (ImportError, ValueError) as error:
            scheme = url.split("://")[0]  # what follows may be a secret
            raise StoreError(f"The store cannot be used; its address begins with {scheme!r}: {error}") from error
        self._root = root.rstrip("/")
        self.local = isinstance(self.fs, LocalFileSystem)

    @property
    def where(self) -> str:
        """The root, for whoever runs the server; without what a URL may say of users and passwords."""
        return self._root if self.local else self.fs.unstrip_protocol(self._root)

    def read(self, paths: Iterable[tuple[str, ...]]) -> list[bytes | None]:
        """The content of each, None where there is no such file. At the same time, where the driver can."""
        full = [self._full(path) for path in paths]
        contents = self.fs.cat_ranges(full, None, None, on_error="return") if full else []
        for content in contents:
            if isinstance(content, Exception) and not isinstance(content, FileNotFoundError):
                raise content
        return [None if isinstance(content, Exception) else content for content in contents]

    def write(self, path: tuple[str, ...], content: bytes) -> None:
        """Synchronised on a local disk: else a power cut may leave an empty file that another one names."""
        full = self._full(path)
        if not self.local:
            self.fs.pipe_file(full, content)
            return
        with open(full, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())

    def replace(self, path: tuple[str, ...], content: bytes) -> None:
        """Write all of it or nothing; who reads meanwhile finds the old content or the new."""
        if not self.local:
            self.write(path, content)
            return
        temporary = (*path[:-1], f"new.{secrets.token_hex(4)}")
        try:
            self.write(temporary, content)
            os.replace(self._full(temporary), self._full(path))  # fs.mv copies where it cannot rename: not atomic
        except OSError:
            with suppress(OSError):
                os.remove(self._full(temporary))
            raise

    def make_folder(self, path: tuple[str, ...]) -> None:
        """A root that is made here is its owner's alone."""
        if self.local:
            os.makedirs(self._root or "/", mode=0o700, exist_ok=True)
        self.fs.makedirs(self._full(path), exist_ok=True)

    def remove(self, path: tuple[str, ...], folder: bool = False) -> None:
        """Remove a file, or a folder and all in it, if it is there."""
        with suppress(FileNotFoundError):
            self.fs.rm(self._full(path), recursive=True) if folder else self.fs.rm_file(self._full(path))

    def names(self, path: tuple[str, ...]) -> list[str]:
        """What is in a folder; nothing where there is none."""
        try:
            return [found.rpartition("/")[2] for found in self.fs.ls(self._full(path), detail=False)]
        except FileNotFoundError:
            return []

    def sizes(self) -> dict[tuple[str, ...], int]:
        """Every file under the root, with its length in bytes."""
        found = self.fs.find(self._root, detail=True).items()
        return {tuple(full.removeprefix(f"{self._root}/").split("/")): info["size"] or 0 for full, info in found}

    def _full(self, path: tuple[str, ...]) -> str:
        return "/".join((self._root, *path))


class InWords:
    """Any failure inside leaves as a StoreError, its cause attached: what failed, why, `then`, and what helps.

    Drivers raise what they like: those of object stores have errors that are no OSError.
    """

    def __init__(self, what: str, then: str = "") -> None:
        self._what, self._then = what, then

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if not isinstance(error, Exception) or isinstance(error, StoreError):
            return
        code = (error.errno if isinstance(error, OSError) else None) or 0
        why = os.strerror(code).lower() if code else type(error).__name__  # a message may name files and hosts
        raise StoreError(f"{self._what}: {why}. {self._then}{_REMEDIES.get(code, 'Try again later.')}") from error


_REMEDIES = dict.fromkeys((errno.ENOSPC, errno.EDQUOT, errno.EFBIG), "Free some space.")
_REMEDIES |= dict.fromkeys((errno.EACCES, errno.EPERM, errno.EROFS), "Let the server write to its store.")

"""Logs as they lie on disk: a file, standard input, a folder, a zip of a run; opened, never interpreted."""

from __future__ import annotations

import gzip
import re
import sys
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import IO, NamedTuple

from dspy_ci.errors import UsageError

_CHUNK = 1 << 18
_LARGEST = 2 << 30
"""Bytes read of one archive at most: a small zip can hold a very large nothing."""
_MOST = 5000
_SUFFIXES = {".log", ".txt", ".xml", ".json", ".jsonl", ".sarif", ".out", ""}
_STEP = re.compile(r"\d+_(?P<step>.+)\.txt$")


class Part(NamedTuple):
    """One stream of bytes, and what its name tells."""

    name: str
    job: str | None
    step: str | None
    chunks: Iterator[bytes]


def parts(source: str) -> Iterator[Part]:
    """The streams of one source; `-` is standard input. Raises UsageError with a sentence when it cannot be read."""
    try:
        if source == "-":
            yield Part("-", None, None, _chunks(sys.stdin.buffer))
        elif Path(source).is_dir():
            yield from _folder(Path(source))
        elif zipfile.is_zipfile(source):
            yield from _archive(source)
        else:
            yield Part(source, None, None, _file(Path(source)))
    except (OSError, ValueError) as error:
        raise UsageError(f"cannot read {source}: {_reason(error)}") from error


def _folder(folder: Path) -> Iterator[Part]:
    names = [path.relative_to(folder).as_posix() for path in sorted(folder.rglob("*")) if path.is_file()]
    chosen = _chosen(names)
    if not chosen:
        raise UsageError(f"no log in {folder}", hint="name a file, or a folder with .log, .txt, .xml or .json files")
    for name in chosen:
        yield _part(name, _file(folder / name))


def _archive(source: str) -> Iterator[Part]:
    with zipfile.ZipFile(source) as archive:
        infos = {info.filename: info for info in archive.infolist() if not info.is_dir()}
        for name in _chosen(list(infos)):
            with archive.open(infos[name]) as stream:
                yield _part(name, _chunks(stream, source))


def _chosen(names: Iterable[str]) -> list[str]:
    """The names of logs in the order of jobs and steps; whole jobs are left out where their steps are there."""
    logs = [name for name in names if PurePosixPath(name).suffix.lower() in _SUFFIXES]
    split = {PurePosixPath(name).parent.as_posix() for name in logs if _STEP.match(PurePosixPath(name).name)}
    return sorted((name for name in logs if not _is_whole(name, split)), key=_natural)[:_MOST]


def _is_whole(name: str, split: set[str]) -> bool:
    """Whether a file of a run repeats what the files of its steps hold."""
    path = PurePosixPath(name)
    match = _STEP.match(path.name)
    if path.name == "system.txt":
        return True
    return path.parent.as_posix() == "." and match is not None and bool(split - {"."})


def _part(name: str, chunks: Iterator[bytes]) -> Part:
    path = PurePosixPath(name)
    match = _STEP.match(path.name)
    job = path.parent.as_posix() if path.parent.as_posix() != "." else None
    if match and job is None:
        return Part(name, match["step"], None, chunks)
    return Part(name, job, match["step"] if match else None, chunks)


def _natural(name: str) -> tuple[object, ...]:
    return tuple(
        (0, int(piece), "") if piece.isdigit() else (1, 0, piece) for piece in re.split(r"(\d+)", name) if piece
    )


def _file(path: Path) -> Iterator[bytes]:
    try:
        with path.open("rb") as stream:
            packed = stream.read(2) == b"\x1f\x8b"
            stream.seek(0)
            if packed:
                with gzip.open(stream) as unpacked:
                    yield from _chunks(unpacked, str(path))
            else:
                yield from _chunks(stream)
    except OSError as error:
        raise UsageError(f"cannot read {path}: {_reason(error)}") from error


def _chunks(stream: IO[bytes] | gzip.GzipFile, archive: str | None = None) -> Iterator[bytes]:
    size = 0
    try:
        while chunk := stream.read(_CHUNK):
            size += len(chunk)
            if archive and size > _LARGEST:
                raise UsageError(f"{archive} unpacks to more than {_LARGEST >> 30} GB")
            yield chunk
    except (EOFError, zlib.error, zipfile.BadZipFile, gzip.BadGzipFile) as error:
        raise UsageError(f"cannot unpack {archive}: {error}") from error


def _reason(error: OSError | ValueError) -> str:
    return str(getattr(error, "strerror", None) or error).lower()

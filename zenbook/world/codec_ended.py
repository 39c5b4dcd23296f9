"""Things that are over, made again: each refuses what the one that was kept refused, and says of
itself what that one said (:mod:`zenbook.core.ended`)."""

from __future__ import annotations

import csv
import gzip
import importlib
import io
import sqlite3
import subprocess
import threading
from collections.abc import Callable
from concurrent import futures
from typing import Any
from zipfile import ZipFile

from zenbook.core import ended_async, ended_bars


def made(name: str, *facts: Any) -> Any:
    """Something that is over, by its type's name and what it says of itself."""
    for kinds, module in ((ended_async.KINDS, "async"), (ended_bars.KINDS, "bars")):
        if name in kinds:
            makers = importlib.import_module(f"zenbook.world.codec_ended_{module}").MAKE
            return makers[name](*facts)
    return _MAKE[name](*facts)


def _archive(state: dict[str, Any]) -> ZipFile:
    archive = ZipFile.__new__(ZipFile)
    archive.__dict__.update(state, _lock=threading.RLock())
    return archive


def _gzip(name: Any, mode: str) -> gzip.GzipFile:
    file = gzip.GzipFile(name, mode, fileobj=io.BytesIO())
    file.close()
    return file


def _packed(module: str, name: str) -> Callable[[], Any]:
    def make() -> Any:
        file = getattr(importlib.import_module(module), name)(io.BytesIO(), "wb")
        file.close()
        return file

    return make


def _tape(state: dict[str, Any]) -> Any:
    import tarfile

    archive = tarfile.TarFile.__new__(tarfile.TarFile)
    archive.__dict__.update(state)
    return archive


def _duckdb() -> Any:
    connection = importlib.import_module("duckdb").connect(":memory:")
    connection.close()
    return connection


def _connection(rows: Any, texts: Any) -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:")
    connection.row_factory, connection.text_factory = rows, texts
    connection.close()
    return connection


def _in_memory(kind: type[io.StringIO] | type[io.BytesIO]) -> Callable[[], Any]:
    def make() -> Any:
        file = kind()
        file.close()
        return file

    return make


def _temporary(file: Any, name: Any) -> Any:
    """Its file is gone: the one of that name, if there is one, is somebody else's."""
    import tempfile

    return tempfile._TemporaryFileWrapper(file, name, False)


def _hdf5(module: str, name: str, handle: str) -> Callable[[], Any]:
    """A file of h5py, or a part of one, whose handle stands for nothing: that of a closed one."""

    def make() -> Any:
        import h5py

        kind = getattr(importlib.import_module(f"h5py._hl.{module}"), name)
        made = kind.__new__(kind)
        library, _, id_of = handle.partition(".")
        made._id = getattr(getattr(h5py, library), id_of)(0)
        if name == "Dataset":
            made._cache_props, made._readonly = {}, False
        return made

    return make


def _executor(kind: type[futures.Executor]) -> Callable[[int], futures.Executor]:
    def make(workers: int) -> futures.Executor:
        executor = kind(workers)  # type: ignore[call-arg]
        executor.shutdown()
        return executor

    return make


def _pool(name: str) -> Callable[[int], Any]:
    def make(size: int) -> Any:
        from multiprocessing import pool

        kind = getattr(pool, name)
        made = kind.__new__(kind)
        made._state, made._pool = pool.TERMINATE, [None] * size
        return made

    return make


def _future(was_cancelled: bool, value: Any, error: BaseException | None) -> futures.Future[Any]:
    future: futures.Future[Any] = futures.Future()
    if was_cancelled:
        future.cancel()
    elif error is not None:
        future.set_exception(error)
    else:
        future.set_result(value)
    return future


def _program(state: dict[str, Any]) -> subprocess.Popen[Any]:
    program: subprocess.Popen[Any] = subprocess.Popen.__new__(subprocess.Popen)
    program.__dict__.update(state, _waitpid_lock=threading.Lock())
    return program


def _handler(name: str) -> Callable[[dict[str, Any]], Any]:
    def make(state: dict[str, Any]) -> Any:
        kind = getattr(importlib.import_module("logging"), name)
        handler = kind.__new__(kind)
        handler.__dict__.update(state)
        handler.createLock()
        return handler

    return make


def _thread(name: str, daemon: bool) -> Any:
    thread: Any = threading.Thread(name=name or None, daemon=daemon)
    thread._started.set()
    if hasattr(thread, "_handle"):  # since Python 3.13
        thread._handle._set_done()
    else:
        thread._is_stopped, thread._tstate_lock = True, None
    del thread._target, thread._args, thread._kwargs
    return thread


def _queue(name: str) -> Callable[[int, int, bool], Any]:
    def make(size: int, unfinished: int, is_shut: bool) -> Any:
        import queue

        made: Any = getattr(queue, name)(size)
        made.unfinished_tasks = unfinished
        if is_shut:
            made.shutdown()
        return made

    return make


def _generator(name: str, qualified: str) -> Any:
    generator: Any = (one for one in "")
    generator.close()
    generator.__name__, generator.__qualname__ = name, qualified
    return generator


def _parallel(backend: str, settings: dict[str, Any]) -> Any:
    return importlib.import_module("joblib").Parallel(backend=backend, **settings)


class _Lines:
    """As many lines as a reader has read, then what its closed file says."""

    def __init__(self, file: Any, count: int) -> None:
        self._file, self._left = file, count

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        if not self._left:
            return str(next(self._file))
        self._left -= 1
        return ""


def _reader(file: Any, dialect: dict[str, Any], lines: int) -> Any:
    rows = csv.reader(_Lines(file, lines), **dialect)
    for _ in range(lines):
        next(rows)
    return rows


def _writer(file: Any, dialect: dict[str, Any], _lines: int) -> Any:
    return csv.writer(file, **dialect)


_MAKE: dict[str, Callable[..., Any]] = {
    "_csv.reader": _reader,
    "_csv.writer": _writer,
    "_io.BytesIO": _in_memory(io.BytesIO),
    "_io.StringIO": _in_memory(io.StringIO),
    "_duckdb.DuckDBPyConnection": _duckdb,
    "builtins.generator": _generator,
    "bz2.BZ2File": _packed("bz2", "BZ2File"),
    "concurrent.futures._base.Future": _future,
    "concurrent.futures.process.ProcessPoolExecutor": _executor(futures.ProcessPoolExecutor),
    "concurrent.futures.thread.ThreadPoolExecutor": _executor(futures.ThreadPoolExecutor),
    "duckdb.duckdb.DuckDBPyConnection": _duckdb,
    "gzip.GzipFile": _gzip,
    "h5py._hl.dataset.Dataset": _hdf5("dataset", "Dataset", "h5d.DatasetID"),
    "h5py._hl.files.File": _hdf5("files", "File", "h5f.FileID"),
    "h5py._hl.group.Group": _hdf5("group", "Group", "h5g.GroupID"),
    "joblib.parallel.Parallel": _parallel,
    "logging.FileHandler": _handler("FileHandler"),
    "logging.StreamHandler": _handler("StreamHandler"),
    "lzma.LZMAFile": _packed("lzma", "LZMAFile"),
    "multiprocessing.pool.Pool": _pool("Pool"),
    "multiprocessing.pool.ThreadPool": _pool("ThreadPool"),
    "queue.LifoQueue": _queue("LifoQueue"),
    "queue.PriorityQueue": _queue("PriorityQueue"),
    "queue.Queue": _queue("Queue"),
    "sqlite3.Connection": _connection,
    "subprocess.Popen": _program,
    "tarfile.TarFile": _tape,
    "tempfile._TemporaryFileWrapper": _temporary,
    "threading.Thread": _thread,
    "zipfile.ZipFile": _archive,
}

"""Things that are over: an archive that was closed, an executor that was shut down, a program that
has ended. ``with open_it() as it:`` leaves one behind. A ``Parallel`` of joblib is one between its
calls, too: it is nothing but its settings then.

While it lives, each of these is refused (:mod:`zenbook.core.refused`). Afterwards it is what it
says of itself, and refuses to do more; it is described as that, and made again as that
(:mod:`zenbook.world.codec_ended`).
"""

from __future__ import annotations

import gc
import io
import re
import sys
import types
from collections.abc import Callable
from typing import Any

from zenbook.core import ended_async, ended_bars
from zenbook.core.csv_dialect import told_of_dialect
from zenbook.core.ended_async import Kind, names_of, of_future

Facts = tuple[Any, ...]
_GENERATORS = (types.AsyncGeneratorType, types.CoroutineType, types.GeneratorType)


def facts_of_ended(value: Any) -> Facts | None:
    """What something that is over is: which kind, and what it says of itself; None for what is not
    over."""
    kind = type(value)
    if not may_be_over(kind):
        return None
    name = f"{kind.__module__}.{kind.__qualname__}"
    if name not in _KINDS or _named(kind) is not kind:
        return None
    is_over, facts = _KINDS[name]
    try:
        return (name, *facts(value)) if is_over(value) else None
    except Exception:  # not even made to the end: it has none of the attributes asked for
        return None


def _named(kind: type) -> Any:
    """What its module calls so; types of ``csv`` are called like the functions that make them, and
    nothing is called a generator or a coroutine."""
    if kind in _GENERATORS:
        return kind
    names = vars(sys.modules[kind.__module__])
    return names.get(kind.__name__.title() if kind.__module__ == "_csv" else kind.__name__)


def may_be_over(kind: type) -> bool:
    """Whether objects of this type may be such."""
    return kind.__module__ in _MODULES or kind in _GENERATORS


def _gzip_mode(file: Any) -> str:
    return "wb" if file.mode in (2, "wb", "w") else "rb"


def _is_closed(connection: Any) -> bool:
    try:
        connection.total_changes  # noqa: B018
    except sys.modules["sqlite3"].ProgrammingError as error:
        return "closed" in str(error)
    return False


def _is_duckdb_closed(connection: Any) -> bool:
    try:
        connection.cursor().close()
    except sys.modules["duckdb"].ConnectionException as error:
        return "closed" in str(error)
    return False


def _is_tape_closed(archive: Any) -> bool:
    return bool(archive.closed and archive.fileobj.closed)


def _is_shut_down(executor: Any) -> bool:
    return bool(getattr(executor, "_shutdown", False) or executor._shutdown_thread)


def _has_stopped(pool: Any) -> bool:
    return pool._state == "TERMINATE" and not any(one and one.is_alive() for one in pool._pool)


def _has_run(thread: Any) -> bool:
    return thread._started.is_set() and not thread.is_alive()


def _of_thread(thread: Any) -> Facts:
    return ("" if _NUMBERED.match(thread.name) else thread.name, thread.daemon)


_NUMBERED = re.compile(r"Thread-\d+( \(.*\))?\Z")


def _is_idle(queue: Any) -> bool:
    conditions = (queue.not_empty, queue.not_full, queue.all_tasks_done)
    return not (queue.queue or queue.mutex.locked() or any(one._waiters for one in conditions))


def _of_queue(queue: Any) -> Facts:
    return (queue.maxsize, queue.unfinished_tasks, getattr(queue, "is_shutdown", False))


def _file_of(rows: Any) -> Any:
    """The closed file that a reader or writer of ``csv`` works on; None for an open one or none."""
    held = (getattr(one, "__self__", one) for one in gc.get_referents(rows))
    files = (one for one in held if type(one) is io.TextIOWrapper)
    return next((file for file in files if file.closed), None)


def _of_rows(rows: Any) -> Facts:
    return (_file_of(rows), told_of_dialect(rows.dialect), getattr(rows, "line_num", 0))


def _works_no_more(rows: Any) -> bool:
    return _file_of(rows) is not None and getattr(rows, "line_num", 0) <= _MOST_LINES


_MOST_LINES = 100_000
"""A reader that is made again goes through as many lines, to say so of itself."""


def _has_ended(program: Any) -> bool:
    pipes = (program.stdin, program.stdout, program.stderr)
    return program.returncode is not None and all(pipe is None or pipe.closed for pipe in pipes)


def _is_at_rest(parallel: Any) -> bool:
    is_known = type(parallel._backend).__name__ in _BACKENDS
    return is_known and not any(getattr(parallel, flag, False) for flag in _AT_WORK)


def _of_parallel(parallel: Any) -> Facts:
    own = vars(parallel)
    more = {k: v for k, v in sorted(own["_backend_kwargs"].items()) if k not in _GIVEN_ELSEWHERE}
    settings = {name: own[name] for name in _SETTINGS}
    return (_BACKENDS[type(parallel._backend).__name__], settings | more)


_BACKENDS = {
    "LokyBackend": "loky",
    "MultiprocessingBackend": "multiprocessing",
    "SequentialBackend": "sequential",
    "ThreadingBackend": "threading",
}
_AT_WORK = ("_managed_backend", "_calling", "_running", "_iterating")
_SETTINGS = ("batch_size", "n_jobs", "pre_dispatch", "return_as", "timeout", "verbose")
_GIVEN_ELSEWHERE = ("context", "verbose")
"""Of what a ``Parallel`` hands to its backend: what follows from where and how it was made."""


def _without(lock: str) -> Callable[[Any], Facts]:
    return lambda one: ({k: v for k, v in sorted(vars(one).items()) if k != lock},)


def _is_detached(handler: Any) -> bool:
    """A handler of log records that is closed, or writes nowhere else, and that no logger has."""
    logging: Any = sys.modules["logging"]
    known = (logging.root, *logging.root.manager.loggerDict.values())
    held = (one for logger in known for one in getattr(logger, "handlers", ()))
    is_file = type(handler) is logging.FileHandler
    return not (is_file and handler.stream) and all(one is not handler for one in held)


def _is_file_closed(file: Any) -> bool:
    return bool(file.closed)


_HANDLER: Kind = (_is_detached, _without("lock"))
_EXECUTOR: Kind = (_is_shut_down, lambda one: (one._max_workers,))
_HDF5: Kind = (lambda one: not one, lambda one: ())
_NAMELESS: Kind = (_is_file_closed, lambda one: ())
_QUEUE: Kind = (_is_idle, _of_queue)
_POOL: Kind = (_has_stopped, lambda one: (len(one._pool),))
_ROWS: Kind = (_works_no_more, _of_rows)
_KINDS: dict[str, Kind] = {
    **ended_async.KINDS,
    **ended_bars.KINDS,
    "_csv.reader": _ROWS,
    "_csv.writer": _ROWS,
    "_io.BytesIO": _NAMELESS,
    "_io.StringIO": _NAMELESS,
    "bz2.BZ2File": _NAMELESS,
    "builtins.generator": (lambda one: one.gi_frame is None, names_of),
    "concurrent.futures._base.Future": (lambda one: one.done(), of_future),
    "concurrent.futures.process.ProcessPoolExecutor": _EXECUTOR,
    "concurrent.futures.thread.ThreadPoolExecutor": _EXECUTOR,
    "_duckdb.DuckDBPyConnection": (_is_duckdb_closed, lambda one: ()),
    "duckdb.duckdb.DuckDBPyConnection": (_is_duckdb_closed, lambda one: ()),
    "gzip.GzipFile": (_is_file_closed, lambda one: (one.name, _gzip_mode(one))),
    "h5py._hl.dataset.Dataset": _HDF5,
    "h5py._hl.files.File": _HDF5,
    "h5py._hl.group.Group": _HDF5,
    "joblib.parallel.Parallel": (_is_at_rest, _of_parallel),
    "logging.FileHandler": _HANDLER,
    "logging.StreamHandler": _HANDLER,
    "lzma.LZMAFile": _NAMELESS,
    "multiprocessing.pool.Pool": _POOL,
    "multiprocessing.pool.ThreadPool": _POOL,
    "queue.LifoQueue": _QUEUE,
    "queue.PriorityQueue": _QUEUE,
    "queue.Queue": _QUEUE,
    "sqlite3.Connection": (_is_closed, lambda one: (one.row_factory, one.text_factory)),
    "subprocess.Popen": (_has_ended, _without("_waitpid_lock")),
    "tarfile.TarFile": (_is_tape_closed, lambda one: (dict(sorted(vars(one).items())),)),
    "tempfile._TemporaryFileWrapper": (_is_file_closed, lambda one: (one.file, one.name)),
    "threading.Thread": (_has_run, _of_thread),
    "zipfile.ZipFile": (lambda one: one.fp is None, _without("_lock")),
}
_MODULES = frozenset(name.rpartition(".")[0] for name in _KINDS) - {"builtins"}

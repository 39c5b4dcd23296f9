"""Values that live only in their process: what they are called, for people.

Neither a digest nor a copy on disk can stand for these. Some of them *can* be reduced by pickle
or dill and come back dead (a lock that nobody holds), so they are refused by
type, before anybody tries. A closed file is dead already, and is no such value, nor is what else
is over (:mod:`zenbook.core.ended`).
"""

from __future__ import annotations

import io
import sys
import types
from typing import Any

from zenbook.core.closed_file import is_closed_file
from zenbook.core.ended import facts_of_ended
from zenbook.core.kinds import is_a

_GENERATORS = {
    types.GeneratorType: "is a generator",
    types.CoroutineType: "is a coroutine",
    types.AsyncGeneratorType: "is an async generator",
    types.FrameType: "is a stack frame",
    types.TracebackType: "is a traceback",
}
_IN_WHAT_MAY_CHANGE = "is a match of a regular expression in what may change"
_UNREAD_ANSWER = "is an answer whose content has not been read yet"
_UNREAD_IMAGE = "is an image that has not been read yet"
IMAGE_OF_FILE = "is an image that is read from its file"
COPY_IT = "load() and copy() it"
# (module, class): looked up only if the module is loaded; subclasses are meant too.
_BY_NAME = (
    ("_thread", "LockType", "is a lock"),
    ("_thread", "RLock", "is a lock"),
    ("_thread", "_local", "is thread-local data"),
    ("threading", "Thread", "is a thread"),
    ("threading", "Event", "is a thread's event"),
    ("threading", "Condition", "is a thread's condition"),
    ("threading", "Semaphore", "is a semaphore"),
    ("threading", "Barrier", "is a barrier"),
    ("socket", "socket", "is a socket"),
    ("_socket", "socket", "is a socket"),
    ("select", "epoll", "is an open poll"),
    ("selectors", "BaseSelector", "is an open selector"),
    ("ssl", "SSLContext", "is an SSL context"),
    ("sqlite3", "Connection", "is a live sqlite3.Connection"),
    ("sqlite3", "Cursor", "is a live sqlite3.Cursor"),
    ("subprocess", "Popen", "is a running program (Popen)"),
    ("queue", "Queue", "is a queue"),
    ("_queue", "SimpleQueue", "is a queue"),
    ("asyncio", "AbstractEventLoop", "is an event loop"),
    ("asyncio", "Future", "is a future"),
    ("asyncio", "Queue", "is a queue"),
    ("asyncio", "Lock", "is a lock"),
    ("concurrent.futures", "Future", "is a future"),
    ("concurrent.futures", "Executor", "is an executor"),
    ("multiprocessing.process", "BaseProcess", "is a process"),
    ("multiprocessing.pool", "Pool", "is a pool of processes"),
    ("multiprocessing.connection", "_ConnectionBase", "is a connection"),
    ("multiprocessing.queues", "Queue", "is a queue"),
    ("multiprocessing.queues", "SimpleQueue", "is a queue"),
    ("multiprocessing.synchronize", "SemLock", "is a lock"),
    ("multiprocessing.managers", "BaseManager", "is a manager of processes"),
    ("multiprocessing.shared_memory", "SharedMemory", "is shared memory"),
    ("mmap", "mmap", "is a mapped file"),
    ("tempfile", "TemporaryDirectory", "is a temporary folder"),
    ("tempfile", "_TemporaryFileWrapper", "is an open file"),
    ("zipfile", "ZipFile", "is an open file"),
    ("tarfile", "TarFile", "is an open file"),
    ("http.client", "HTTPConnection", "is a connection"),
    ("ftplib", "FTP", "is a connection"),
    ("smtplib", "SMTP", "is a connection"),
    ("urllib.response", "addbase", "is an open connection"),
    ("contextvars", "Context", "is a context"),
    ("contextvars", "ContextVar", "is a context variable"),
    ("re", "Match", _IN_WHAT_MAY_CHANGE),
    ("unittest.mock", "NonCallableMock", "is a mock"),
    ("weakref", "CallableProxyType", "is a weak reference"),
    ("weakref", "ProxyType", "is a weak reference"),
    ("weakref", "ReferenceType", "is a weak reference"),
    ("weakref", "WeakValueDictionary", "holds weak references"),
    ("weakref", "WeakKeyDictionary", "holds weak references"),
    ("weakref", "WeakSet", "holds weak references"),
    ("duckdb", "DuckDBPyConnection", "is a live duckdb connection"),
    ("duckdb", "DuckDBPyRelation", "belongs to a live duckdb connection"),
    ("sqlalchemy", "Engine", "is a database engine"),
    ("sqlalchemy.engine", "Connection", "is a live database connection"),
    ("psycopg", "Connection", "is a live database connection"),
    ("psycopg2.extensions", "connection", "is a live database connection"),
    ("h5py", "File", "is an open file"),
    ("ipywidgets.widgets.widget", "Widget", "is a widget"),
    ("requests", "Session", "is a session of connections"),
    ("requests", "Response", _UNREAD_ANSWER),
    ("PIL.ImageFile", "ImageFile", _UNREAD_IMAGE),
    ("httpx", "Client", "is a session of connections"),
    ("zmq", "Socket", "is a socket"),
    ("zmq", "Context", "is a context of sockets"),
    ("pandas", "HDFStore", "is an open file"),
    ("pandas", "ExcelFile", "is an open file"),
    ("pandas.io.parsers", "TextFileReader", "is an open file"),
    ("plotly.basewidget", "BaseFigureWidget", "is a live widget"),
    ("torch", "Tensor", "is part of a gradient graph"),
    ("pyarrow", "NativeFile", "is an open file"),
    ("pyarrow", "RecordBatchReader", "is an open stream"),
)
_IN_A_GRAPH = "is part of a gradient graph"
_OPENED = ("file", "stream", "poll", "connection", "Connection", "Cursor", "socket", "database")
_known: dict[type, str] = {}


def refusal(value: Any) -> str:
    """Why this value can neither be described nor kept ("is a lock"); "" if nothing is known."""
    kind = type(value)
    why = _known.get(kind)
    if why is None:
        why = _known[kind] = _by_type(kind)
    if why == _IN_A_GRAPH:
        return why if value.grad_fn is not None else ""
    if why == _IN_WHAT_MAY_CHANGE and type(value.string) in (str, bytes):
        return ""
    if why == _UNREAD_ANSWER:
        return why if value._content is False and not value._content_consumed else ""
    if why == _UNREAD_IMAGE:
        return why if value.tile else ""
    if why == "is an open file" and is_a(value, (io.StringIO, io.BytesIO)):
        return ""
    if why == "is an open file" and is_closed_file(value):
        return ""
    return "" if why and facts_of_ended(value) is not None else why


def is_never_refused(kind: type) -> bool:
    """Whether no object of this type is refused, of those types that were asked about before."""
    return _known.get(kind) == ""


def remedy(why: str) -> str:
    """What to do about an input that is refused for this reason; "" for other reasons."""
    if why == _IN_A_GRAPH:
        return "detach() it, or make it in the step"
    if why == "is a generator":
        return "give the step a list, or make the generator in it"
    if why == IMAGE_OF_FILE:
        return COPY_IT
    if why in (_UNREAD_ANSWER, _UNREAD_IMAGE):
        return "read it in the step"
    if any(word in why for word in _OPENED) and why.startswith(("is ", "belongs ")):
        return "open it in the step"
    return "make it in the step" if why.startswith(("is a", "belongs ", "holds weak")) else ""


def _by_type(kind: type) -> str:
    for base in kind.__mro__:
        if base in _GENERATORS:
            return _GENERATORS[base]
    if issubclass(kind, io.IOBase) and kind not in (io.StringIO, io.BytesIO):
        return "is an open file"
    if kind.__module__ == "_csv":
        return "is a reader or writer of an open file"
    for module, name, why in _BY_NAME:
        meant: Any = vars(sys.modules[module]).get(name) if module in sys.modules else None
        if isinstance(meant, type) and issubclass(kind, meant):
            return why
    if kind.__name__ == "PyCapsule":
        return "is a handle of a C library"
    return ""

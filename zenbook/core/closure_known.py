"""Functions of Python and of libraries of which it is known what they do, by their names."""

from __future__ import annotations

WITHOUT_SETTINGS = frozenset(
    f"time.{name}"
    for name in (
        "monotonic",
        "monotonic_ns",
        "perf_counter",
        "perf_counter_ns",
        "process_time",
        "process_time_ns",
        "sleep",
        "thread_time",
        "time",
        "time_ns",
    )
)
"""Functions that are the same whatever their module's settings are: no time zone changes them."""
TOLD_LIVE = "sys.stdin"
"""What says other things whenever it is read."""
LASTING = frozenset(
    [
        "IPython.core.magic._function_magic_marker.<locals>.magic_deco",
        "IPython.core.magic.register_cell_magic",
        "IPython.core.magic.register_line_cell_magic",
        "IPython.core.magic.register_line_magic",
        "_codecs.register",
        "_codecs.register_error",
        "_csv.field_size_limit",
        "_csv.register_dialect",
        "_csv.unregister_dialect",
        "asyncio.set_event_loop_policy",
        "codecs.register",
        "codecs.register_error",
        "copyreg.add_extension",
        "copyreg.constructor",
        "copyreg.pickle",
        "csv.field_size_limit",
        "csv.register_dialect",
        "csv.unregister_dialect",
        "doctest.register_optionflag",
        "email.charset.add_charset",
        "faulthandler.enable",
        "gettext.install",
        "logging.addLevelName",
        "logging.captureWarnings",
        "logging.setLogRecordFactory",
        "logging.setLoggerClass",
        "mimetypes.add_type",
        "multiprocessing.set_start_method",
        "os.nice",
        "os.register_at_fork",
        "os.umask",
        "posix.nice",
        "posix.register_at_fork",
        "posix.umask",
        "resource.setrlimit",
        "shutil.register_archive_format",
        "shutil.register_unpack_format",
        "sqlite3.register_adapter",
        "sqlite3.register_converter",
        "sys.addaudithook",
        "sys.set_int_max_str_digits",
        "sys.setprofile",
        "sys.setswitchinterval",
        "sys.settrace",
        "tracemalloc.start",
        "urllib.request.install_opener",
        "webbrowser.register",
        "xml.etree.ElementTree.register_namespace",
    ]
)
"""Functions that change what the process knows and that nothing tells afterwards, or that find set
what they set when they are called again."""

"""The magics that a script can do without, and what an expert would write instead of others."""

from __future__ import annotations

SHOWN = frozenset(
    [
        "matplotlib",
        "load_ext",
        "reload_ext",
        "unload_ext",
        "autoreload",
        "config",
        "pinfo",
        "pinfo2",
        "pdoc",
        "psource",
        "pfile",
        "pdef",
        "pycat",
        "psearch",
        "who",
        "whos",
        "who_ls",
        "lsmagic",
        "magic",
        "quickref",
        "precision",
        "colors",
        "automagic",
        "autocall",
        "history",
        "hist",
        "recall",
        "notebook",
        "doctest_mode",
        "watermark",
        "version_information",
        "tensorflow_version",
        "tensorboard",
        "pdb",
        "xmode",
        "alias",
        "rehashx",
        "gui",
        "connect_info",
        "qtconsole",
        "logstart",
        "logstop",
        "logon",
        "logoff",
        "logstate",
        "reset_selective",
        "page",
        "pprint",
        "debug",
        "tb",
        "less",
        "more",
        "man",
        "load",
        "loadpy",
        "ls",
        "ll",
        "lx",
        "pwd",
        "cat",
        "step",
        "pipeline",
        "zenbook",
        "runs",
        "plan",
        "why",
    ]
)
"""Line magics that change how a session looks and not what it gives."""

LOOKS = frozenset(
    [
        "ls",
        "ll",
        "dir",
        "cat",
        "head",
        "tail",
        "less",
        "more",
        "pwd",
        "tree",
        "which",
        "whoami",
        "uname",
        "date",
        "wc",
        "du",
        "df",
        "file",
        "free",
        "nvidia-smi",
        "lscpu",
    ]
)
"""Programs that only look at something, where nothing takes what they print."""

INSTALLS = frozenset({"pip", "conda", "mamba", "micromamba", "uv"})
SHELL_CELLS = frozenset({"bash", "sh", "script", "!", "sx", "system"})
ONLY_SHOWN_CELLS = frozenset(
    ["html", "HTML", "javascript", "js", "latex", "markdown", "svg", "SVG", "timeit"]
)

TIMED = {
    "time": "",
    "prun": "lsTD",
    "memit": "ri",
    "mprun": "fmT",
    "lprun": "fmDTsuz",
}
"""Line magics that run their statement; the letters of their options that take a value."""
TIMED_CELLS = frozenset({"time", "capture", "prun", "memit"})

PYLAB = """\
import numpy
import matplotlib
import numpy as np
import matplotlib.pyplot as plt
from matplotlib import mlab, pylab, pyplot
from pylab import *
from numpy import *"""
"""What ``%pylab`` binds, in its order. Star imports are spelled out later, unused ones left out."""

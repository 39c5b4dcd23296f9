# ruff: noqa: E501

"""Scenarios: files, variables, folders and random states."""

from __future__ import annotations

from tests.conformance.scenario import S


def W(name, truth, body, f1=None, f2=None, **kw):
    S("world." + name, truth, body, None, f1, f2, **kw)


W(
    "env_get",
    "RERUN",
    """
import os
@step
def f(x): return os.environ.get("ZVAR","no")
out = f(3)
""",
    env1={"ZVAR": "a"},
    env2={"ZVAR": "b"},
)
W(
    "env_index",
    "RERUN",
    """
import os
@step
def f(x): return os.environ["ZVAR"]
out = f(3)
""",
    env1={"ZVAR": "a"},
    env2={"ZVAR": "b"},
)
W(
    "env_getenv_helper",
    "RERUN",
    """
import os
def h(): return os.getenv("ZVAR")
@step
def f(x): return h()
out = f(3)
""",
    env1={"ZVAR": None},
    env2={"ZVAR": "b"},
)
W(
    "env_computed",
    "RERUN",
    """
import os
@step
def f(n): return os.environ.get("Z"+n)
out = f("VAR")
""",
    env1={"ZVAR": "a"},
    env2={"ZVAR": "b"},
)
W(
    "env_in",
    "RERUN",
    """
import os
@step
def f(n): return "ZVAR" in os.environ
out = f("VAR")
""",
    env1={"ZVAR": None},
    env2={"ZVAR": "b"},
)
W(
    "env_from_import",
    "RERUN",
    """
from os import environ
@step
def f(n): return environ["ZVAR"]
out = f("VAR")
""",
    env1={"ZVAR": "a"},
    env2={"ZVAR": "b"},
)
W(
    "env_iter",
    "RERUN",
    """
import os
@step
def f(n): return sorted(k for k in os.environ if k.startswith("ZVAR"))
out = f("VAR")
""",
    env1={"ZVAR": "a"},
    env2={"ZVAR": None, "ZVAR2": "b"},
)
W(
    "env_unrelated",
    "REUSE",
    """
import os
@step
def f(n): return n
out = f("VAR")
""",
    env1={"ZVAR": "a"},
    env2={"ZVAR": "b"},
)
W(
    "listdir",
    "RERUN",
    """
import os
@step
def f(x): return sorted(os.listdir("dd"))
out = f(3)
""",
    {"dd/a": "1"},
    {"dd/b": "1"},
)
W(
    "walk",
    "RERUN",
    """
import os
@step
def f(x): return sorted(n for _,_,fs in os.walk("dd") for n in fs)
out = f(3)
""",
    {"dd/s/a": "1"},
    {"dd/s/b": "1"},
)
W(
    "rglob",
    "RERUN",
    """
from pathlib import Path
@step
def f(x): return sorted(p.name for p in Path("dd").rglob("*.t"))
out = f(3)
""",
    {"dd/s/a.t": "1"},
    {"dd/s/b.t": "1"},
)
W(
    "exists_computed",
    "RERUN",
    """
import os
@step
def f(x): return os.path.exists(os.path.join("dd", x + "q"))
out = f("a")
""",
    {"dd/z": "1"},
    {"dd/aq": "1"},
)
W(
    "getsize_computed",
    "RERUN",
    """
import os
@step
def f(x): return os.path.getsize("dd" + os.sep + x)
out = f("a")
""",
    {"dd/a": "1"},
    {"dd/a": "123"},
)
W(
    "np_load",
    "RERUN",
    """
import numpy as np, os
if not os.path.exists("w.npy"): np.save("w.npy", np.arange(int(os.environ["N"])))
else: np.save("w.npy", np.arange(int(os.environ["N"])))
@step
def f(x): return int(np.load("w.npy").sum())
out = f("a")
""",
    env1={"N": "3"},
    env2={"N": "4"},
)
W(
    "pickle_file",
    "RERUN",
    """
import pickle, os
with open("w.pkl","wb") as h: pickle.dump(os.environ["N"], h)
@step
def f(x):
    with open("w.pkl","rb") as h: return pickle.load(h)
out = f("a")
""",
    env1={"N": "3"},
    env2={"N": "4"},
)
W(
    "sqlite",
    "RERUN",
    """
import sqlite3, os
c = sqlite3.connect("w.db"); c.execute("drop table if exists t"); c.execute("create table t(a)"); c.execute("insert into t values(?)",(os.environ["N"],)); c.commit(); c.close()
@step
def f(x):
    c = sqlite3.connect("w.db")
    try: return c.execute("select a from t").fetchall()
    finally: c.close()
out = f("a")
""",
    env1={"N": "3"},
    env2={"N": "4"},
)
W(
    "parquet",
    "RERUN",
    """
import pandas as pd, os
pd.DataFrame({"a":[int(os.environ["N"])]}).to_parquet("w.parquet")
@step
def f(x): return int(pd.read_parquet(x)["a"].sum())
out = f("w.parquet")
""",
    env1={"N": "3"},
    env2={"N": "4"},
)
W(
    "parquet_computed",
    "RERUN",
    """
import pandas as pd, os
pd.DataFrame({"a":[int(os.environ["N"])]}).to_parquet("w.parquet")
@step
def f(x): return int(pd.read_parquet(x+".parquet")["a"].sum())
out = f("w")
""",
    env1={"N": "3"},
    env2={"N": "4"},
)
W(
    "json",
    "RERUN",
    """
import json
@step
def f(x): return json.load(open("c.json"))["k"]
out = f("w")
""",
    {"c.json": '{"k":1}'},
    {"c.json": '{"k":2}'},
)
W(
    "gzip",
    "RERUN",
    """
import gzip, os
with gzip.open("w.gz","wt") as h: h.write(os.environ["N"])
@step
def f(x):
    with gzip.open("w.gz","rt") as h: return h.read()
out = f("w")
""",
    env1={"N": "3"},
    env2={"N": "4"},
)
W(
    "file_in_helper",
    "RERUN",
    """
def rd(p): return open(p).read()
@step
def f(x): return rd("d.txt")
out = f("w")
""",
    {"d.txt": "a"},
    {"d.txt": "b"},
)
W(
    "file_same_size",
    "RERUN",
    """
@step
def f(x): return open("d.txt").read()
out = f("w")
""",
    {"d.txt": "a"},
    {"d.txt": "b"},
    touch=["d.txt"],
)
W(
    "cwd_other",
    "RERUN",
    """
@step
def f(x): return open("d.txt").read()
out = f("w")
""",
    {"p/d.txt": "a", "q/d.txt": "b"},
    None,
    cwd1="p",
    cwd2="q",
)
W(
    "cwd_other_same",
    "REUSE",
    """
@step
def f(x): return open("d.txt").read()
out = f("w")
""",
    {"p/d.txt": "a", "q/d.txt": "a"},
    None,
    cwd1="p",
    cwd2="q",
    soft=True,
)
W(
    "getcwd",
    "RERUN",
    """
import os
@step
def f(x): return os.path.basename(os.getcwd())
out = f("w")
""",
    {"p/d.txt": "a", "q/d.txt": "a"},
    None,
    cwd1="p",
    cwd2="q",
)
W(
    "missing_appears",
    "RERUN",
    """
@step
def f(x):
    try: return open("n.txt").read()
    except FileNotFoundError: return None
out = f("w")
""",
    {},
    {"n.txt": "b"},
)
W(
    "subprocess_cat",
    "RERUN",
    """
import subprocess
@step
def f(x): return subprocess.run(["cat","d.txt"],capture_output=True,text=True).stdout
out = f("w")
""",
    {"d.txt": "a"},
    {"d.txt": "b"},
)
W(
    "os_system_read",
    "RERUN",
    """
import os
@step
def f(x): return os.popen("cat d.txt").read()
out = f("w")
""",
    {"d.txt": "a"},
    {"d.txt": "b"},
)
W(
    "mmap",
    "RERUN",
    """
import numpy as np, os
np.full(3,int(os.environ["N"])).tofile("w.bin")
@step
def f(x): return int(np.memmap("w.bin",dtype=int,mode="r").sum())
out = f("w")
""",
    env1={"N": "3"},
    env2={"N": "4"},
)
W(
    "random_seed",
    "RERUN",
    """
import random
random.seed(1)
@step
def f(x): return random.random()
out = f("w")
""",
    None,
    {"prog.py": [("seed(1)", "seed(2)")]},
)
W(
    "random_after_state",
    "RIGHT",
    """
import random
random.seed(1)
@step
def f(x): return random.random()
a = f("w")
out = [a, random.random()]
""",
)
W(
    "random_seeded_inside",
    "REUSE",
    """
import random
@step
def f(x):
    random.seed(3)
    return random.random()
out = f("w")
""",
)
W(
    "np_seeded_inside",
    "REUSE",
    """
import numpy as np
@step
def f(x):
    np.random.seed(3)
    return float(np.random.rand())
out = [f("w"), f("v")]
""",
)
W(
    "random_seeded_inside_whatever_was_before",
    "REUSE",
    """
import random
random.seed(1)
@step
def f(x):
    random.seed(3)
    return random.random()
out = f("w")
""",
    None,
    {"prog.py": [("seed(1)", "seed(2)")]},
)
W(
    "np_seeded_inside_whatever_was_before",
    "REUSE",
    """
import numpy as np
np.random.seed(1)
@step
def f(x):
    np.random.seed(3)
    return float(np.random.rand())
out = f("w")
""",
    None,
    {"prog.py": [("seed(1)", "seed(2)")]},
)
W(
    "random_seeded_inside_after_a_draw",
    "RERUN",
    """
import random
random.seed(1)
@step
def f(x):
    drawn = random.random()
    random.seed(3)
    return drawn
out = f("w")
""",
    None,
    {"prog.py": [("seed(1)", "seed(2)")]},
)
W(
    "np_seeded_inside_and_put_back",
    "RERUN",
    """
import numpy as np
np.random.seed(1)
@step
def f(x):
    state = np.random.get_state()
    np.random.seed(3)
    a = np.random.rand()
    np.random.set_state(state)
    return float(a + np.random.rand())
out = f("w")
""",
    None,
    {"prog.py": [("seed(1)", "seed(2)")]},
)
W(
    "random_state_copied_then_seeded",
    "RERUN",
    """
import random
random.seed(1)
@step
def f(x):
    other = random.Random()
    other.setstate(random.getstate())
    random.seed(3)
    return other.random() + random.random()
out = f("w")
""",
    None,
    {"prog.py": [("seed(1)", "seed(2)")]},
)
W(
    "np_seeded_by_a_step_for_the_next",
    "RIGHT",
    """
import numpy as np
@step
def sow(x):
    np.random.seed(x)
    return 0
@step
def f(x): return float(np.random.rand())
out = [sow(3), sow(3), f("w"), sow(3), f("v")]
""",
)
W(
    "random_seeded_by_a_nested_step",
    "RERUN",
    """
import random
@step
def sow(x):
    random.seed(x)
    return 0
@step
def f(x):
    sow(1)
    return random.random()
out = f("w")
""",
    None,
    {"prog.py": [("sow(1)", "sow(2)")]},
)
W(
    "np_default_rng_arg",
    "RERUN",
    """
import numpy as np
@step
def f(r): return float(r.random())
out = f(np.random.default_rng(1))
""",
    None,
    {"prog.py": [("rng(1)", "rng(2)")]},
)
W(
    "np_rng_arg_advanced",
    "RIGHT",
    """
import numpy as np
@step
def f(r): return float(r.random())
r = np.random.default_rng(1)
out = [f(r), float(r.random())]
""",
)
W(
    "file_written",
    "RIGHT",
    """
import os
@step
def f(x):
    with open("o.txt","w") as h: h.write("hi"+str(x))
    return 1
f(3)
out = open("o.txt").read()
os.remove("o.txt")
""",
)
W(
    "file_appended",
    "RIGHT",
    """
import os
@step
def f(x):
    with open("o.txt","a") as h: h.write("hi"+str(x))
    return 1
if os.path.exists("o.txt"): os.remove("o.txt")
f(3)
out = open("o.txt").read()
""",
)
W(
    "tz",
    "RERUN",
    """
import time
time.tzset()
@step
def f(x): return time.strftime("%H",time.localtime(0))
out = f(3)
""",
    env1={"TZ": "UTC"},
    env2={"TZ": "Asia/Tokyo"},
)
W(
    "argv",
    "RIGHT",
    """
import sys
@step
def f(x): return len(sys.path) > 0
out = f(3)
""",
)
W(
    "dir_symlink",
    "RERUN",
    """
import os
if os.path.lexists("l"): os.remove("l")
os.symlink(os.environ["N"],"l")
@step
def f(x): return open("l/d.txt").read()
out = f(3)
""",
    {"p/d.txt": "a", "q/d.txt": "b"},
    env1={"N": "p"},
    env2={"N": "q"},
)
W(
    "importlib_resources",
    "RERUN",
    """
from importlib.resources import files
@step
def f(x): return files("pkg").joinpath("d.txt").read_text()
out = f(3)
""",
    {"pkg/__init__.py": "", "pkg/d.txt": "a"},
    {"pkg/d.txt": "b"},
)
W(
    "linecache",
    "RERUN",
    """
import linecache
@step
def f(x): return linecache.getline("d.txt",1)
out = f(3)
""",
    {"d.txt": "a\n"},
    {"d.txt": "b\n"},
)
W(
    "fileinput_thread",
    "RERUN",
    """
import concurrent.futures as cf
def rd(p): return open(p).read()
@step
def f(x):
    with cf.ThreadPoolExecutor(2) as ex: return list(ex.map(rd,["d.txt","e.txt"]))
out = f(3)
""",
    {"d.txt": "a\n", "e.txt": "1"},
    {"d.txt": "b\n"},
)
W(
    "iterdir",
    "RERUN",
    """
from pathlib import Path
@step
def f(x): return sorted(p.name for p in Path("dd").iterdir())
out = f(3)
""",
    {"dd/a": "1"},
    {"dd/b": "1"},
)
W(
    "unrelated_file",
    "REUSE",
    """
@step
def f(x): return open("d.txt").read()
out = f(3)
""",
    {"d.txt": "a\n", "e.txt": "1"},
    {"e.txt": "b\n"},
)
W(
    "new_file_beside",
    "REUSE",
    """
@step
def f(x): return open("dd/d.txt").read()
out = f(3)
""",
    {"dd/d.txt": "a\n"},
    {"dd/e.txt": "b\n"},
)

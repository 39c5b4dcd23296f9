"""Code that a step takes out of data: it runs again where that code is another, and only there."""

from __future__ import annotations

from tests.notebook.kernel import Kernel

MODULE = """
def told(): return helped({0})
class T:
    def told(self): return helped({0})
    def predict(self, X): return [told() for _ in X]
def helped(n): return n
"""
CELL = """
class M:
    def told(self): return helped({0})
def own(): return helped({0})
def helped(n): return n
"""
GIVEN = """
import sys, os, pickle, shelve, dill, joblib, numpy as np, pandas as pd
sys.path.insert(0, '.')
if not os.path.exists('made'):
    import plug
    os.mkdir('made')
    for name, value in dict(T=plug.T(), told=plug.told, M=M(), own=own, lib=np.arange(3)).items():
        with open(f'made/{name}', 'wb') as file: pickle.dump(value, file)
    pd.DataFrame({'a': [plug.T()]}).to_pickle('made/frame')
    np.save('made/array.npy', np.array([plug.T()], dtype=object))
    joblib.dump(plug.T(), 'made/job')
    with shelve.open('made/shelf') as shelf: shelf['a'] = plug.T()
    with open('made/dilled', 'wb') as file: dill.dump(lambda: own() + 0, file)
with open('made/T', 'rb') as file: data = file.read()
def forked(path):
    mine, its = os.pipe()
    if (child := os.fork()) == 0:
        os.write(its, str(pickle.load(open(path, 'rb')).told()).encode())
        os._exit(0)
    os.waitpid(child, 0)
    return int(os.read(mine, 100))
"""
TAKEN = {
    "an instance": "pickle.load(open('made/T', 'rb')).told()",
    "a function": "pickle.load(open('made/told', 'rb'))()",
    "an instance of a cell's class": "pickle.load(open('made/M', 'rb')).told()",
    "a cell's function": "pickle.load(open('made/own', 'rb'))()",
    "a frame": "pd.read_pickle('made/frame')['a'][0].told()",
    "an array": "np.load('made/array.npy', allow_pickle=True)[0].told()",
    "joblib": "joblib.load('made/job').predict([0])[0]",
    "a shelf": "shelve.open('made/shelf', 'r')['a'].told()",
    "an input": "pickle.loads(data).told()",
    "a forked child": "forked('made/T')",
    "dill": "dill.load(open('made/dilled', 'rb'))()",
}
KEPT = {
    "a library's array": "y = pickle.load(open('made/lib', 'rb')).sum() == 3",
    "what the step has made": "class Own: pass\ny = type(pickle.loads(pickle.dumps(Own()))) is Own",
}


def play(kernel: Kernel, number: int) -> dict[str, tuple[str, str]]:
    """How each step went, and what it gave."""
    (kernel.folder / "work" / "plug.py").write_text(MODULE.format(number))
    kernel.play(CELL.format(number), GIVEN)
    went = {}
    for place, (name, taken) in enumerate(TAKEN.items()):
        went[name] = (kernel.run(f"%%step s{place}\ny = {taken}").status, kernel.ask("y"))
    for place, (name, source) in enumerate(KEPT.items()):
        went[name] = (kernel.run(f"%%step k{place}\n{source}").status, kernel.ask("bool(y)"))
    return went


def test_a_step_runs_again_where_a_class_or_function_that_data_names_is_another(
    own: Kernel,
) -> None:
    for number, status in ((1, "completed"), (1, "cached"), (2, "completed"), (2, "cached")):
        went = play(own, number)
        kept = {name: went.pop(name) for name in KEPT}
        assert went == dict.fromkeys(TAKEN, (status, str(number)))
        assert kept == dict.fromkeys(KEPT, (status if number == 1 else "cached", "True"))
        own.restart()


def test_the_line_says_which_code_changed(own: Kernel) -> None:
    cell = "%%step s\ny = [pickle.loads(each).told() for each in (first, second)]"
    for number, why in ((1, "first run"), (2, "module plug changed")):
        (own.folder / "work" / "plug.py").write_text(MODULE.format(number))
        own.play("import sys, pickle\nsys.path.insert(0, '.')\nimport plug")
        own.play("first = second = pickle.dumps(plug.T())")
        assert why in own.run(cell).said
        own.restart()

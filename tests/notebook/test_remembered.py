"""What objects of libraries only remember or count, or the address of, is no part of what they are:
steps that look at them change nothing, and are cached."""

from __future__ import annotations

from tests.notebook.kernel import Kernel

POINTS = "import numpy as np\nP = np.random.default_rng(0).normal(size=(50, 3))\n"
TEXTS = "docs = ['aa bb cc', 'bb cc dd'] * 3\n"
MODEL = (
    "from pydantic import BaseModel, field_validator\nclass A(BaseModel):\n    lr: float = 0.1\n"
)
LOOKS = {
    "words that were counted": (
        (
            "from sklearn.feature_extraction.text import TfidfVectorizer\n"
            f"{TEXTS}class Mine(TfidfVectorizer): pass\nv, w = TfidfVectorizer(), Mine()\n"
            "X = v.fit_transform(docs); Y = w.fit_transform(docs)"
        ),
        "n = len(v.vocabulary_), v.transform(['bb']).toarray(), w.transform(['bb']).toarray()",
        "v.transform(['cc']).shape",
    ),
    "words that are hashed": (
        "from sklearn.feature_extraction.text import HashingVectorizer\nh = HashingVectorizer()",
        "n = h.transform(['bb']).sum()",
        "h.transform(['cc']).shape",
    ),
    "neighbours": (
        (
            f"{POINTS}from sklearn.neighbors import KNeighborsClassifier, BallTree\n"
            "knn = KNeighborsClassifier().fit(P, np.arange(50) % 2); ball = BallTree(P)"
        ),
        "n = knn.predict(P[:4]), ball.query(P[:2])[0]",
        "knn.score(P, np.arange(50) % 2)",
    ),
    "trees of scipy": (
        f"{POINTS}from scipy.spatial import cKDTree, KDTree\ntree, other = cKDTree(P), KDTree(P)",
        "n = tree.query(P[:3])[0], other.query(P[0])",
        "other.query(P[1])",
    ),
    "a graph": (
        "import networkx as nx\nG = nx.karate_club_graph()",
        "n = nx.pagerank(G)[0], G.number_of_edges(), len(G.edges), dict(G.degree)[0]",
        "len(G.adj)",
    ),
    "a fitted model and its table": (
        (
            "import pandas as pd, statsmodels.formula.api as smf\n"
            "df = pd.DataFrame({'a': [1, 2, 4], 'b': [1, 3, 2]})\nm = smf.ols('a ~ b', df).fit()"
        ),
        "n = m.params['b'], round(m.rsquared, 9), len(m.summary().tables)",
        "m.resid.sum()",
    ),
}


def test_a_look_at_it_changes_nothing(own: Kernel) -> None:
    cells = [
        cell
        for number, (made, look, again) in enumerate(LOOKS.values())
        for cell in (made, f"%%step a{number}\n{look}", again, f"%%step b{number}\n{look}")
    ]
    first = own.play(*cells)
    assert not [cell.said for cell in first if "changes" in cell.said or "not kept" in cell.said]
    for number in range(1, len(cells), 4):
        assert own.run(cells[number], cell=str(number)).status == "cached", cells[number]
    own.restart()
    assert [cell.said for cell in own.play(*cells) if cell.line and cell.status != "cached"] == []


def test_points_and_graphs_that_are_others_are_a_reason(own: Kernel) -> None:
    made = POINTS + "import networkx as nx\nfrom scipy.spatial import KDTree\n"
    made += (
        "from sklearn.neighbors import BallTree\nt, b, G = KDTree(P), BallTree(P), nx.path_graph(3)"
    )
    steps = [f"%%step {name}\nn{name} = {name}" for name in "tbG"]
    own.play(made, *steps)
    changes = [("size=(50, 3)", "size=(51, 3)"), ("path_graph(3)", "path_graph(4)")]
    for (old, new), changed in zip(changes, ("tb", "G"), strict=True):
        own.restart()
        made = made.replace(old, new)
        ran = {
            cell.line["step"]
            for cell in own.play(made, *steps)
            if cell.status == "completed" and cell.line
        }
        assert ran == set(changed)


SETS = {
    "a field": (MODEL + "a = A()", "a.lr = 3.0", "a"),
    "a field of a model inside, and one that is checked": (
        MODEL + "class B(BaseModel):\n    n: int = 1\n    sub: A = A()\n"
        "    @field_validator('n')\n    @classmethod\n    def check(cls, n): return n\nb = B()",
        "b.sub.lr += 1\nb.n = 4",
        "b",
    ),
}


def test_a_model_of_pydantic_whose_field_is_set_is_kept(own: Kernel) -> None:
    cells = [
        cell
        for number, (made, sets, shown) in enumerate(SETS.values())
        for cell in (made, f"%%step a{number}\n{sets}", shown)
    ]
    first = own.play(*cells)
    own.restart()
    second = own.play(*cells)
    assert {cell.status for cell in second if cell.line} == {"cached"}, [c.said for c in first]
    assert [cell.result for cell in second] == [cell.result for cell in first]

"""What a code object refers to, read from its instructions, and remembered by it."""

from __future__ import annotations

import dis
import inspect
from collections.abc import Iterator
from types import CodeType
from typing import Any, Literal

from zenbook.core.closure_changes import changes_in
from zenbook.core.code_digest import CONSTANT_LOADS, GLOBAL_LOADS, code_digest, instructions_of
from zenbook.core.code_facts import Change, CodeFacts, Import, Name
from zenbook.core.code_making import looks_at_all, makes_classes, read_of_attributes
from zenbook.core.code_seeking import seeks
from zenbook.core.names_scope import NAMESPACES, SHELL_RUNS
from zenbook.core.text_readers import Text, texts_read

_FREE_LOADS = frozenset({"LOAD_DEREF", "LOAD_CLASSDEREF", "LOAD_FROM_DICT_OR_DEREF"})
_ATTRIBUTES = frozenset({"LOAD_ATTR", "LOAD_METHOD"})
_ATTRIBUTE_WRITES = frozenset({"STORE_ATTR", "DELETE_ATTR"})
_GLOBAL_WRITES = frozenset({"STORE_GLOBAL", "DELETE_GLOBAL"})
_ITEM_READS = frozenset({"BINARY_SUBSCR"})
_ITEM_WRITES = frozenset({"STORE_SUBSCR", "DELETE_SUBSCR"})
_RUNNERS = frozenset({"eval", "exec", "compile"})
_IMPORTERS = frozenset({("__import__",), ("import_module",), ("importlib", "import_module")})
_GETTERS = frozenset({("get",), ("__getitem__",), ("pop",)})
_NAMERS = frozenset({("keys",), ("__contains__",)})
_SHELL_CHANGES = frozenset(
    {
        "ast_transformers",
        "define_alias",
        "input_transformers_cleanup",
        "input_transformers_post",
        "register",
        "register_magic_function",
        "register_magics",
        "set_custom_exc",
        "set_hook",
        "unregister",
    }
)
_MOST_REMEMBERED = 8192


_remembered: dict[CodeType, CodeFacts] = {}


def facts_of(code: CodeType) -> CodeFacts:
    """The facts of a code object, computed once."""
    facts = _remembered.get(code)
    if facts is None:
        if len(_remembered) >= _MOST_REMEMBERED:
            _remembered.clear()
        facts = _remembered[code] = _Reader(code).facts()
    return facts


class _Reader:
    """Collects the references of one code object and of the code nested in it."""

    def __init__(self, code: CodeType) -> None:
        self.code = code
        self.steps = instructions_of(code)
        self.names: set[Name] = set()
        self.imports: set[Import] = set()
        self.stores: set[str] = set()
        self.strings: dict[str, None] = {}
        self.runs: dict[str, None] = {}
        self.attributes = {s.argval for s in self.steps if s.opname in _ATTRIBUTES}
        self.taken: set[Name] = set()
        self.dynamic: set[str] = set()
        self.shell: set[str] = set()
        self.texts: set[Text] = set()
        self.keywords: set[str] = set()
        self.taken_for_more = read_of_attributes(code)
        self.makes_classes = makes_classes(code)
        self.looks_at_all = looks_at_all(code)
        self.seeks = seeks(code)
        self.nested: list[tuple[str, CodeFacts]] = []
        self._read_imports()
        self.bound = {entry.bound for entry in self.imports}

    def facts(self) -> CodeFacts:
        index = 0
        while index < len(self.steps):
            index = self._read(index)
        for index in range(len(self.steps)):
            self._read_taken(index)
        self._read_constants()
        self.texts |= texts_read(self.attributes.union(*((n.root, *n.chain) for n in self.names)))
        self.texts |= texts_read(entry.attribute for entry in self.imports)
        if "run_line_magic" in self.attributes:
            self.texts |= texts_read(self.strings)
        self.dynamic |= self.attributes & NAMESPACES
        asks_shell = any("get_ipython" in (n.root, *n.chain) for n in self.names | self.taken)
        if asks_shell or any(entry.attribute == "get_ipython" for entry in self.imports):
            self.dynamic |= self.attributes & SHELL_RUNS
            self.shell |= self.attributes & _SHELL_CHANGES
        return CodeFacts(
            code_digest(self.code),
            tuple(sorted(self.names)),
            tuple(sorted(self.imports)),
            tuple(sorted(self.stores)),
            tuple(self.strings),
            tuple(self.runs),
            tuple(sorted(self.attributes)),
            tuple(sorted(self.taken)),
            tuple(sorted(self.dynamic)),
            tuple(sorted(self.shell)),
            tuple(sorted(self.texts)),
            tuple(sorted(self._changes())),
            tuple(sorted(self.keywords)),
            frozenset(self.attributes - self.taken_for_more),
            self.makes_classes,
            self.looks_at_all,
            self.seeks,
        )

    def _changes(self) -> set[Change]:
        """Of variables only those that an import binds may be a library's. What is only defined
        here changes nothing until it is used; a class is used with all its methods."""
        local = {*self.code.co_varnames, *self.code.co_cellvars} - self.bound
        found = {change for change in changes_in(self.code) if change.root not in local}
        used = {name.root for _, nested in self.nested for name in nested.names}
        for step in self.steps:
            if step.opname.startswith("LOAD_") and step.opcode not in dis.hasconst:
                used.update(step.argval if isinstance(step.argval, tuple) else (str(step.argval),))
        is_class = not self.code.co_flags & inspect.CO_OPTIMIZED and self.code.co_name[:1] != "<"
        for name, nested in self.nested:
            if is_class or name.startswith("<") or name in used:
                found |= set(nested.changes)
        return found

    def _read(self, index: int) -> int:
        """Take in what starts at this instruction; the index of the next one to look at."""
        step = self.steps[index]
        if step.opname in _GLOBAL_WRITES:
            self.stores.add(step.argval)
        if step.opname in GLOBAL_LOADS or step.opname in _FREE_LOADS:
            return self._read_name(index)
        if step.opname.startswith("LOAD_FAST") and step.argval in self.bound:
            self._read_local_write(index)
        return index + 1

    def _read_taken(self, index: int) -> None:
        """What is loaded of a name that an import of this code binds, wherever it lives."""
        step = self.steps[index]
        if "LOAD_" not in step.opname or step.opcode in dis.hasconst:
            return
        loaded = step.argval if isinstance(step.argval, tuple) else (step.argval,)
        self.taken.update(Name(root) for root in loaded[:-1] if root in self.bound)
        if loaded[-1] in self.bound and step.opname not in _ATTRIBUTES:
            name, after = self._name_at(index)
            of_modules = (loaded[-1], *name.chain[:1]) == ("sys", "modules")
            chain = (self._read_modules(name, after) if of_modules else name).chain
            self.taken.add(Name(loaded[-1], chain))

    def _read_local_write(self, index: int) -> None:
        """``import mylib`` in the body, then ``mylib.RATE = 3``."""
        name, after = self._name_at(index)
        place = self._attribute_write_at(after)
        if place is not None:
            self.stores.add(f"{name.text}.{self.steps[place].argval}")

    def _read_name(self, index: int) -> int:
        name, after = self._name_at(index)
        if name.scope == "free" and name.root not in self.code.co_freevars:
            return after  # a variable of this very function
        if name.root == "getattr" and not name.chain:
            return self._read_getattr(name, after)
        path = (name.root, *name.chain)
        if path in _IMPORTERS:
            return self._read_importer(name, path, after)
        if name.root in _RUNNERS and not name.chain:
            return self._read_runner(name, after)
        if path == ("globals",):
            return self._read_globals(name, after)
        if path[:2] == ("sys", "modules"):
            self.names.add(self._read_modules(name, after))
            return after
        if path in (("setattr",), ("delattr",)):
            return self._read_setattr(name, after)
        self.names.add(name)
        place = self._attribute_write_at(after)
        return after if place is None else self._read_attribute_write(name, place)

    def _attribute_write_at(self, index: int) -> int | None:
        """Where the attribute is named that is written of what was just loaded, if one is:
        ``mylib.RATE = 3`` stores at once, ``mylib.RATE += 3`` copies the object and loads first."""
        if self._op_at(index) in _ATTRIBUTE_WRITES:
            return index
        if self._op_at(index) == "COPY" and self._op_at(index + 1) in _ATTRIBUTES:
            return index + 1
        return None

    def _read_attribute_write(self, name: Name, after: int) -> int:
        """``mylib.RATE = 3`` writes one attribute; it does not read the whole module."""
        written = Name(name.root, (*name.chain, self.steps[after].argval), name.scope)
        self.names.discard(name)
        self.names.add(written)
        self.stores.add(written.text)
        return after + 1

    def _name_at(self, index: int) -> tuple[Name, int]:
        step = self.steps[index]
        after = index + 1
        chain = []
        while after < len(self.steps) and self.steps[after].opname in _ATTRIBUTES:
            chain.append(self.steps[after].argval)
            after += 1
        scope: Literal["global", "free"] = "global" if step.opname in GLOBAL_LOADS else "free"
        return Name(step.argval, tuple(chain), scope), after

    def _text_at(self, index: int) -> str | None:
        if index < len(self.steps) and self.steps[index].opname in CONSTANT_LOADS:
            value = self.steps[index].argval
            return value if isinstance(value, str) else None
        return None

    def _argument_at(self, index: int) -> str | None:
        """A constant text that is an argument as it stands, not part of a computed one."""
        then = index + 1
        if self._op_at(then) in _ATTRIBUTES:
            return None
        while self._op_at(then).startswith(("LOAD_", "BUILD_MAP", "KW_NAMES")):
            then += 1
        is_whole = self._op_at(then).startswith("CALL") or self._op_at(then) in _ITEM_READS
        return self._text_at(index) if is_whole else None

    def _is_called_at(self, index: int) -> bool:
        """Whether a constant is the only argument of what was loaded before it, which is called:
        ``__import__("mylib")`` within ``getattr(__import__("mylib"), name)``."""
        then = index + 1
        while self._op_at(then) == "PRECALL":
            then += 1
        return self._op_at(then) == "CALL" and self.steps[then].arg == 1

    def _op_at(self, index: int) -> str:
        if index >= len(self.steps):
            return ""
        step = self.steps[index]
        return "BINARY_SUBSCR" if step.argrepr == "[]" else step.opname

    def _read_getattr(self, name: Name, after: int) -> int:
        """``getattr(mylib, "rate")`` is ``mylib.rate``; anything else names the object whole."""
        self.names.add(name)
        if after < len(self.steps) and self.steps[after].opname in GLOBAL_LOADS | _FREE_LOADS:
            target, then = self._name_at(after)
            text = None if self._is_called_at(then) else self._argument_at(then)
            if text is not None and self._op_at(then + 1) not in _ITEM_READS:
                self.names.add(Name(target.root, (*target.chain, text), target.scope))
                return then + 1
        return after

    def _read_setattr(self, name: Name, after: int) -> int:
        """``setattr(mylib, "rate", 3)`` is ``mylib.rate = 3``; a computed name is any."""
        self.names.add(name)
        if self._op_at(after) not in GLOBAL_LOADS | _FREE_LOADS:
            return after
        target, then = self._name_at(after)
        text = self._text_at(then)
        self.names.add(target)
        self.stores.add(f"{target.text}.{text or '(a computed name)'}")
        return then

    def _read_importer(self, name: Name, path: tuple[str, ...], after: int) -> int:
        self.names.add(name)
        text = self._argument_at(after)
        if text is not None and text.strip("."):
            self.imports.add(Import(text.lstrip("."), len(text) - len(text.lstrip(".")), "", ""))
        else:
            self.dynamic.add(path[-1])
        return after

    def _read_modules(self, name: Name, after: int) -> Name:
        """``sys.modules["mylib"]`` is that module, and a question for names reads none: neither
        names ``sys.modules``. What is left does, and may reach any module."""
        is_item = not name.chain[1:] or name.chain[1:] in _GETTERS
        text = self._argument_at(after) if is_item else None
        itself = self._op_at(after) in GLOBAL_LOADS and self.steps[after].argval == "__name__"
        if text == "__main__" or itself:
            self.dynamic.add(f"sys.modules[{text or '__name__'}]")
        elif text is not None:
            self.imports.add(Import(text, 0, "", ""))
        elif not self._only_names_modules(name, after):
            return name
        return Name(name.root, (), name.scope)

    def _only_names_modules(self, name: Name, after: int) -> bool:
        """``"mylib" in sys.modules``, ``sys.modules.keys()``, ``sys.modules["mylib"] = it``."""
        if name.chain[1:]:
            return name.chain[1:] in _NAMERS
        is_written = self._text_at(after) is not None and self._op_at(after + 1) in _ITEM_WRITES
        return is_written or self._op_at(after) in ("CONTAINS_OP", "GET_ITER")

    def _read_runner(self, name: Name, after: int) -> int:
        self.names.add(name)
        text = self._argument_at(after)
        if text is not None:
            self.runs[text] = None
        else:
            self.dynamic.add(name.root)
        return after

    def _read_globals(self, name: Name, after: int) -> int:
        """``globals()["x"]`` and ``globals().get("x")`` are x; other uses may be any name."""
        self.names.add(name)
        then = after + 1
        if self._op_at(then) in _ATTRIBUTES:
            asked = self.steps[then].argval in ("get", "__getitem__")
            text = self._argument_at(then + 1) if asked else None
        else:
            text = self._text_at(then)
            if self._op_at(then + 1) in _ITEM_WRITES:
                self.stores.add(text or "a name of globals()")
            elif self._op_at(then + 1) not in _ITEM_READS:
                text = None
        if text is None:
            self.dynamic.add("globals")
        else:
            self.names.add(Name(text))
        return after

    def _read_imports(self) -> None:
        module, level, listed, attribute = "", 0, False, ""
        for index, step in enumerate(self.steps):
            if step.opname == "IMPORT_NAME":
                level, fromlist = (s.argval for s in self.steps[index - 2 : index])
                module, listed, attribute = step.argval, bool(fromlist), ""
                if listed and fromlist[0] == "*":
                    self.imports.add(Import(module, level, "", ""))
            elif step.opname == "IMPORT_FROM" and listed:
                attribute = step.argval
            elif step.opname.startswith("STORE_") and self._imported(index):
                self.imports.add(Import(module, level, attribute, step.argval))

    def _imported(self, index: int) -> bool:
        """Whether this store binds what an import just gave."""
        before = index - 1
        while before > 0 and self.steps[before].opname in ("SWAP", "POP_TOP"):
            before -= 1
        return self.steps[before].opname in ("IMPORT_NAME", "IMPORT_FROM")

    def _read_constants(self) -> None:
        for step in self.steps:
            if step.opcode not in dis.hasconst:
                continue
            if step.opname == "KW_NAMES" and step.arg is not None:
                self.keywords.update(self.code.co_consts[step.arg])
            for value in _leaves(step.argval):
                if isinstance(value, str):
                    self.strings[value] = None
                elif isinstance(value, CodeType):
                    nested = facts_of(value)
                    self._take_in(nested)
                    self.nested.append((value.co_name, nested))

    def _take_in(self, nested: CodeFacts) -> None:
        free = self.code.co_freevars
        self.names |= {n for n in nested.names if n.scope == "global" or n.root in free}
        self.imports |= set(nested.imports)
        self.taken |= set(nested.taken)
        self.taken |= {Name(n.root, n.chain) for n in nested.names if n.root in self.bound}
        self.stores |= set(nested.stores)
        self.strings.update(dict.fromkeys(nested.strings))
        self.runs.update(dict.fromkeys(nested.runs_text))
        self.attributes |= set(nested.attributes)
        self.dynamic |= set(nested.dynamic)
        self.shell |= set(nested.shell)
        self.texts |= set(nested.texts)
        self.keywords |= set(nested.keywords)
        self.taken_for_more |= {*nested.attributes} - nested.filled
        self.makes_classes |= nested.makes_classes
        self.looks_at_all |= nested.looks_at_all
        self.seeks |= nested.seeks


def _leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, (tuple, frozenset)):
        for item in value:
            yield from _leaves(item)
    else:
        yield value

"""The house rules that a reader relies on, checked over every source file: who may import whom, how big, how tested."""

from __future__ import annotations

import ast
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("bots", "config", "core", "gpu_jobs")
PURE = (
    "models",
    *("routing", "quality", "ledger", "tokens", "texts", "model", "messages", "errors", "intake", "standing"),
    *("detection", "charts", "hours", "digest", "rules"),
)
"""Parts of core that decide and do nothing else."""
EFFECTS = {"asyncio", "logging", "os", "random", "secrets", "socket", "subprocess", "threading", "time"}
DICE = {("core.routing", "random")}
"""routing.dice makes a random.Random from its arguments: the same arguments, the same dice."""
BATCH_ONLY = {"torch", "transformers", "accelerate"}
HOMES = {
    "telegram": ("bots.telegram",),
    "slack_bolt": ("bots.slack",),
    "slack_sdk": ("bots.slack",),
    "sqlite3": ("core.store",),
    "aiosqlite": ("core.store",),
    "apscheduler": ("gpu_jobs.schedule",),
}
"""The only homes of each library."""
FILE_LINES, FUNCTION_LINES, ARGUMENTS = 400, 60, 7
"""Hard stops, not aims; seven arguments are a statement's transaction and six values."""
WHOLES = {
    "bots.sandbox": "its parts are reached through TelegramSandbox and SlackSandbox, as a platform's would be",
}
"""Packages that are tested as a whole, and why."""


@dataclass(frozen=True, slots=True)
class Module:
    """A source file: its dotted name, syntax tree and text."""

    name: str
    path: Path
    tree: ast.Module
    text: str

    def imports(self) -> set[str]:
        """Every module that it imports, at its top or inside a function; `from a import b` counts as a and a.b."""
        return {name for node in ast.walk(self.tree) for name in _imported(node)}

    def top_imports(self) -> set[str]:
        """Those that importing it brings in: not inside a function, not for type checkers only."""
        return {name for node in _at_top(self.tree.body) for name in _imported(node)}


def _imported(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom) and node.module:
        yield node.module
        yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _at_top(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    for node in body:
        yield node
        if (isinstance(node, ast.If) and ast.unparse(node.test) != "TYPE_CHECKING") or isinstance(node, ast.Try):
            yield from _at_top(node.body)


@cache
def modules() -> dict[str, Module]:
    """Every source file by dotted name; a package is its __init__.py."""
    found = {}
    for path in sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py")):
        name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        text = path.read_text(encoding="utf-8")
        found[name] = Module(name, path, ast.parse(text), text)
    return found


def within(name: str, *parts: str) -> bool:
    """Whether a dotted name is one of these or lies below one."""
    return any(name == part or name.startswith(part + ".") for part in parts)


def offences(where: tuple[str, ...], forbidden: tuple[str, ...]) -> list[str]:
    """Imports of forbidden modules by modules that lie in `where`."""
    return [
        f"{module.name} imports {name}"
        for module in modules().values()
        if within(module.name, *where)
        for name in module.imports()
        if within(name, *forbidden)
    ]


def test_the_pure_core_imports_no_neighbour_that_does_something() -> None:
    pure = tuple(f"core.{name}" for name in PURE)
    found = offences(pure, ("core.store", "core.service", "core.ports", "bots", "gpu_jobs", "config"))
    assert not found, f"what decides does no I/O: {found}"


def test_the_pure_core_has_no_clock_no_dice_and_no_system() -> None:
    found = [
        f"{module.name} imports {name}"
        for module in modules().values()
        if within(module.name, *(f"core.{name}" for name in PURE))
        for name in module.imports()
        if name.partition(".")[0] in EFFECTS and (module.name, name) not in DICE
    ]
    assert not found, f"time and randomness are arguments of the pure core: {found}"


def test_the_core_knows_neither_chats_nor_jobs_nor_settings() -> None:
    assert not (found := offences(("core",), ("bots", "gpu_jobs", "config"))), f"the core is at the centre: {found}"


def test_the_store_knows_nothing_of_the_service() -> None:
    assert not (found := offences(("core.store",), ("core.service",))), f"statements serve, they do not decide: {found}"


def test_batch_jobs_and_settings_know_nothing_of_the_bots() -> None:
    assert not (found := offences(("gpu_jobs", "config"), ("bots",))), f"bots stand on top: {found}"


def test_the_batch_subprocess_never_opens_the_database() -> None:
    reached = reachable("gpu_jobs.__main__") | reachable("gpu_jobs.aggregate")
    found = sorted(name for name in reached if within(name, "core.store", "core.service", "bots"))
    assert not found, f"a batch run sees its folder and nothing else: {found}"


def test_the_platforms_do_not_know_each_other() -> None:
    found = offences(("bots.telegram",), ("bots.slack",)) + offences(("bots.slack",), ("bots.telegram",))
    assert not found, f"a platform is added or dropped by its own folder: {found}"


@pytest.mark.parametrize("library", HOMES)
def test_a_library_is_imported_at_its_home_only(library: str) -> None:
    found = [
        f"{module.name} imports {name}"
        for module in modules().values()
        if not within(module.name, *HOMES[library])
        for name in module.imports()
        if name.partition(".")[0] == library
    ]
    assert not found, f"{library} belongs in {HOMES[library]}: {found}"


def reachable(start: str) -> set[str]:
    """Every module of ours and top-level library name that importing `start` brings in."""
    seen, waiting = set(), [start]
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        if name in modules():
            waiting += modules()[name].top_imports()
            waiting.append(name.rpartition(".")[0] or name)
    return seen


def test_only_batch_modules_import_torch_and_the_bot_reaches_none_of_them() -> None:
    heavy = {m.name for m in modules().values() if {name.partition(".")[0] for name in m.imports()} & BATCH_ONLY}
    outside = sorted(name for name in heavy if not within(name, "gpu_jobs"))
    assert heavy and not outside, f"torch lives in gpu_jobs: {outside}"
    loaded = sorted(heavy & (reachable("bots.composition") | reachable("bots.cli")))
    assert not loaded, f"the bot process loads {loaded}"


def test_a_started_bot_process_has_no_torch() -> None:
    probe = (
        "import sys, bots.composition, bots.cli, bots.doctor, bots.serving; "
        "print([name for name in ('torch', 'transformers', 'accelerate', 'matplotlib') if name in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", probe], cwd=ROOT, capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]", "torch, and what weighs as much, lives in the batch subprocess alone"


def test_no_test_folder_hides_an_installed_package() -> None:
    hidden = [path for name in ("telegram", "slack") for path in (ROOT / "tests").rglob(name) if path.is_dir()]
    packages = list((ROOT / "tests").rglob("__init__.py"))
    assert not hidden and not packages, f"{hidden + packages} would shadow installed packages"


def test_every_package_is_listed_for_installation() -> None:
    listed = set(tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"])
    there = {m.name for m in modules().values() if m.path.name == "__init__.py"}
    assert listed == there, f"pyproject.toml and the tree differ in {listed ^ there}"
    loose = {m.path.parent for m in modules().values() if not (m.path.parent / "__init__.py").exists()}
    assert not loose, f"these folders lack an __init__.py: {loose}"


def test_every_data_file_is_listed_for_installation() -> None:
    globs = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["package-data"]
    listed = {
        path for package, many in globs.items() for one in many for path in (ROOT / package.replace(".", "/")).glob(one)
    }
    there = {path for package in PACKAGES for path in (ROOT / package).rglob("*") if _is_data(path)}
    assert there <= listed, f"an installed tapcrowd would lack {there - listed}"


def _is_data(path: Path) -> bool:
    return path.is_file() and path.suffix not in (".py", ".pyc")


def test_every_module_says_why_it_exists() -> None:
    silent = [module.name for module in modules().values() if not ast.get_docstring(module.tree)]
    assert not silent, f"a module opens with a sentence: {silent}"


def test_every_module_is_mentioned_by_a_test() -> None:
    mentioned, text = set(), ""
    for path in sorted((ROOT / "tests").rglob("*.py")):
        source = path.read_text(encoding="utf-8")
        text += source
        mentioned |= Module("", path, ast.parse(source), source).imports()
    packages = {m.name for m in modules().values() if m.path.name == "__init__.py"}
    left = set(modules()) - packages - mentioned
    untested = sorted(name for name in left if name not in text and not within(name, *WHOLES))
    assert not untested, f"no test imports or names {untested}"


def test_files_are_short() -> None:
    long = [f"{m.name} {n}" for m in modules().values() if (n := m.text.count("\n")) > FILE_LINES]
    assert not long, f"more than {FILE_LINES} lines: {long}"


COMMANDS = ("bots.aggregate_command", "bots.plan_command", "bots.replay_command", "bots.watch_command")
"""A command takes one argument per option of its command line."""


def test_functions_are_short_and_take_few_arguments() -> None:
    long = [
        f"{module.name}.{node.name}: {_lines(node)} lines, {_arguments(node)} arguments"
        for module in modules().values()
        for node in ast.walk(module.tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (_lines(node) > FUNCTION_LINES or _arguments(node) > ARGUMENTS)
        and module.name not in COMMANDS
    ]
    assert not long, f"at most {FUNCTION_LINES} lines and {ARGUMENTS} positional arguments: {long}"


def _lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def _arguments(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    names = [argument.arg for argument in (*node.args.posonlyargs, *node.args.args)]
    return len([name for name in names if name not in ("self", "cls")])

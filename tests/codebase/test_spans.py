from __future__ import annotations

import ast

import pytest

from dspy_ci.codebase.functions import functions, head_end, statements
from dspy_ci.codebase.scopes import scope
from dspy_ci.codebase.spans import Spans

CODE = """\
import os as system
LIMIT = 3

@decorated
def outer(a, *rest, key=1):
    def inner():
        return 1
    for i in range(a):
        name = str(i)
    return name

class Thing:
    size = 4

    async def method(self):
        pass
"""


@pytest.mark.parametrize("text", ["x = 'ä' + yy\n", "a = 1\r\nx = 'äöü€🐍' + yy\r\n", "a = 1\rx = yy"])
def test_finds_a_node_whatever_stands_before_it(text):
    node = next(node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Name) and node.id == "yy")
    start, end = Spans(text).of(node)
    assert text[start:end] == "yy"


def test_decorators_belong_to_their_definition():
    tree = ast.parse(CODE)
    definition = next(node for node in tree.body if isinstance(node, ast.FunctionDef))
    assert Spans(CODE).code(definition).startswith("@decorated\ndef outer")


def test_lists_outermost_functions_and_the_module():
    found = functions("m.py", ast.parse(CODE))
    assert [function.name for function in found] == ["outer", "Thing.method", ""]
    assert 6 in found[0]
    assert 4 in found[0]


def test_the_module_does_not_own_the_statements_of_its_functions():
    tree = ast.parse(CODE)
    assert [statement.lineno for statement in statements(tree)] == [1, 2, 5, 12, 13, 15]


def test_a_loop_ends_before_its_body():
    loop = next(node for node in ast.walk(ast.parse(CODE)) if isinstance(node, ast.For))
    assert head_end(loop) == loop.lineno


def test_a_scope_knows_names_lines_and_kinds():
    tree = ast.parse(CODE)
    found = scope(functions("m.py", tree)[0].node, tree)
    assert found.params == ("a", "rest", "key")
    assert found.names(8) == ("a", "rest", "key", "inner", "i")
    assert found.kinds["name"] == "text"
    assert found.kinds["i"] == "number"
    assert found.known("LIMIT")
    assert found.known("len")
    assert not found.known("size")

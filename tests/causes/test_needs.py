from dspy_ci.causes.hunk import changes, hunks
from dspy_ci.causes.needs import needs
from dspy_ci.ports.trees import MemoryTrees

GAP = b"".join(b"# %d\n" % number for number in range(9))


def found(before, after):
    split = changes(MemoryTrees(before, after))
    return needs(split, hunks(split)), [f"{hunk.path}:{hunk.new_start}" for hunk in hunks(split)]


def test_a_use_needs_the_hunk_that_defines_the_name():
    edges, _ = found({"a.py": b"x = 1\n" + GAP}, {"a.py": b"x = helper()\n" + GAP + b"def helper():\n    return 1\n"})
    assert edges == {0: {1}}


def test_an_import_of_another_file_needs_the_hunk_that_defines_the_name_there():
    before = {"a.py": b"x = 1\n", "b.py": b"y = 1\n"}
    after = {"a.py": b"from b import fresh\nx = 1\n", "b.py": b"y = 1\nfresh = 2\n"}
    assert found(before, after)[0] == {0: {1}}


def test_a_new_module_is_needed_by_those_who_import_it():
    after = {"a.py": b"import pkg.thing\n", "pkg/thing.py": b"y = 1\n"}
    assert found({"a.py": b"\n"}, after)[0] == {0: {1}}


def test_taking_a_name_away_needs_the_hunks_that_stop_using_it():
    before = {"a.py": b"import os\n" + GAP + b"x = os.sep\n"}
    edges, _ = found(before, {"a.py": GAP + b"x = '/'\n"})
    assert edges == {0: {1}}


def test_a_rename_binds_both_hunks_together():
    before = {"a.py": b"def old():\n    pass\n" + GAP + b"old()\n"}
    after = {"a.py": b"def new():\n    pass\n" + GAP + b"new()\n"}
    assert found(before, after)[0] == {0: {1}, 1: {0}}


def test_hunks_that_parse_only_together_need_each_other():
    before = {"a.py": b"x = 1\n" + GAP + b"y = 2\n"}
    after = {"a.py": b"x = (1,\n" + GAP + b"y)\n"}
    assert found(before, after)[0] == {0: {1}, 1: {0}}


def test_other_languages_are_read_by_the_look_of_their_lines():
    gap = GAP.replace(b"#", b"//")
    before = {"a.js": b"run(1);\n" + gap}
    after = {"a.js": b"run(helper(1));\n" + gap + b"function helper(x) { return x; }\n"}
    assert found(before, after)[0] == {0: {1}}


def test_hunks_that_have_nothing_in_common_need_nothing():
    assert found({"a.py": b"x = 1\n" + GAP + b"y = 1\n"}, {"a.py": b"x = 2\n" + GAP + b"y = 2\n"})[0] == {}

from dspy_ci.adapters import programfiles

PATH = ".dspy-ci/programs/edit.json"


def test_a_program_is_read_from_the_users_own_tree(repository):
    root = repository({PATH: "base"})
    (root / PATH).write_text("mine")
    assert programfiles.text(root, PATH, {}) == "mine"
    assert programfiles.text(root, PATH, {"GITHUB_BASE_REF": ""}) == "mine"


def test_where_a_pull_request_is_built_only_its_base_counts(repository, git):
    root = repository({PATH: "base"})
    git(root, "checkout", "-q", "-b", "proposal")
    (root / PATH).write_text("theirs")
    git(root, "commit", "-qam", "theirs")
    assert programfiles.text(root, PATH, {"GITHUB_BASE_REF": "main"}) == "base"
    git(root, "update-ref", "refs/remotes/origin/main", "main")
    git(root, "branch", "-q", "-D", "main")
    assert programfiles.text(root, PATH, {"GITHUB_BASE_REF": "main"}) == "base"


def test_without_a_base_that_can_be_read_there_is_none(repository):
    root = repository({PATH: "theirs"})
    assert programfiles.text(root, PATH, {"GITHUB_BASE_REF": "release"}) is None
    assert programfiles.text(root, ".dspy-ci/programs/plan.json", {"GITHUB_BASE_REF": "main"}) is None


def test_links_and_what_is_no_text_are_not_read(repository):
    root = repository({"a.py": ""})
    (root / ".dspy-ci/programs").mkdir(parents=True)
    (root / PATH).symlink_to(root / "a.py")
    assert programfiles.text(root, PATH, {}) is None
    (root / PATH).unlink()
    (root / PATH).write_bytes(b"\xff\xfe\x00")
    assert programfiles.text(root, PATH, {}) is None

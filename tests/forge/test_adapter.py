import io
import zipfile

import npmpack
import pytest
from fakegithub import BASE, HEAD, QUICK, merge

from dspy_ci.adapters.github import talks
from dspy_ci.adapters.github.forge import GitHub
from dspy_ci.errors import Forbidden, NotFound, Refused, Throttled, Unreachable, UsageError
from dspy_ci.ports.forge import Annotation, Person, Remark


def test_a_pull_request_is_read_with_all_its_pages(hub, forge):
    hub.state.files = [{"filename": f"f{n}.py", "status": "added", "patch": "@@ -0,0 +1 @@\n+x"} for n in range(250)]
    assert (forge.pull(7).head_sha, forge.pull(7).from_fork) == (HEAD, False)
    assert len(forge.files(7)) == 250
    assert len(hub.counted("GET", "/files$")) == 3


def test_a_pull_request_of_a_fork_is_found_by_its_head_alone(hub, forge):
    hub.state.pull["head"]["repo"] = {"full_name": "eve/r"}
    assert [one.number for one in forge.pulls_of(head_sha=HEAD, head_repo="eve/r", head_ref="topic")] == [7]
    assert forge.pulls_of(head_sha=BASE, head_repo="eve/r", head_ref="topic") == ()
    assert forge.pulls_of(head_sha=HEAD, head_repo=None, head_ref="topic") == ()


def test_merged_pull_requests_come_with_the_commit_that_landed_and_their_own(hub, forge):
    merge(hub, 8, title="Mend it", body="It was wrong.", landed="8" * 40, commits=["a" * 40, "b" * 40])
    merge(hub, 9, title="Given up", landed="9" * 40)
    hub.state.others[9]["merged_at"] = None  # what a merge would have been
    assert [(one.number, one.title, one.body, one.merged) for one in forge.merged(5)] == [
        (8, "Mend it", "It was wrong.", "8" * 40)
    ]
    assert forge.merged(0) == ()
    assert [one.sha for one in forge.commits(8)] == ["a" * 40, "b" * 40]
    assert forge.pull(7).merged is None


def test_a_comment_keeps_the_lines_at_which_it_was_made(hub, forge):
    where = {"path": "app.py", "line": None, "original_line": 9, "original_start_line": 7}
    hub.state.review_comments = [hub.comment("x", **where), hub.comment("y", path="app.py", line=3)]
    assert [one.lines for one in forge.review_comments(7)] == [(7, 9), (3, 3)]
    assert [one.outdated for one in forge.review_comments(7)] == [True, False]


def test_a_deleted_fork_and_a_deleted_author_are_no_error(hub, forge):
    hub.state.pull["head"]["repo"] = None
    hub.state.pull["user"] = None
    assert forge.pull(7).head_repo is None
    assert forge.pull(7).author.login == ""


@pytest.mark.parametrize(
    ("known", "told"), [("admin", "admin"), ("maintain", "maintain"), ("triage", "triage"), (None, "none")]
)
def test_a_permission_is_the_finer_role(hub, forge, known, told):
    if known:
        hub.state.permissions["ann"] = known
    assert forge.permission("ann") == told


def test_names_cannot_lead_elsewhere(hub, forge):
    assert forge.permission("../../user") == "none"
    assert hub.asked[-1].path.endswith("/collaborators/..%2F..%2Fuser/permission")


@pytest.mark.parametrize("name", ["o", "o/r/x", "../r", "o/..", "o/r?x", "o r/x", ""])
def test_what_is_no_repository_is_refused(hub, name):
    with pytest.raises(UsageError):
        GitHub(name, hub.token, api=hub.url)


@pytest.mark.parametrize("api", ["http://example.com", "ftp://127.0.0.1", "example.com", ""])
def test_a_token_is_sent_to_safe_addresses_only(api):
    with pytest.raises(UsageError):
        GitHub("o/r", "ghs_x", api=api)


def test_a_log_comes_through_the_redirect_without_our_token(hub, forge):
    hub.state.logs[5] = b"line\n" * 200_000
    assert b"".join(forge.log(5)) == hub.state.logs[5]
    assert hub.stored
    assert "Authorization" not in hub.stored[0]


@pytest.mark.parametrize("kinds", [["half"], ["half", "half"], ["half", "no ranges"]])
def test_a_log_that_is_cut_is_resumed(hub, forge, kinds):
    hub.state.logs[5] = bytes(range(256)) * 4000
    for kind in kinds:
        hub.trouble("STORE", "", kind)
    assert b"".join(forge.log(5)) == hub.state.logs[5]


def test_a_log_that_is_always_cut_is_said_to_be_so(hub, forge):
    hub.state.logs[5] = b"x" * 1000
    hub.trouble("GET", "/logs$", "cut", times=99)
    with pytest.raises(Unreachable):
        list(forge.log(5))


def test_a_log_that_is_not_there_is_not_found(forge):
    with pytest.raises(NotFound):
        list(forge.log(404))


def test_an_artifact_is_found_by_name(hub, forge):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("bundle.json", "{}")
    hub.state.artifacts = {31: ("dspy-ci", b"old"), 32: ("dspy-ci", packed.getvalue()), 33: ("other", b"x")}
    assert forge.artifact(9, "dspy-ci") == packed.getvalue()
    assert forge.artifact(9, "missing") is None


@pytest.mark.parametrize("kind", ["500", "502", "503", "secondary", "primary", "cut", "half", "429"])
def test_reading_is_tried_again(hub, forge, kind):
    hub.trouble("GET", "/pulls/7$", "secondary" if kind == "429" else kind, times=2)
    assert forge.pull(7).number == 7
    assert forge.requests == 3


@pytest.mark.parametrize("kind", ["502", "cut"])
def test_reading_ends_after_four_tries(hub, forge, kind):
    hub.trouble("GET", "/pulls/7$", kind, times=99)
    with pytest.raises(Unreachable):
        forge.pull(7)
    assert forge.requests == 4


def test_a_limit_that_asks_for_too_long_a_wait_is_said(hub, forge):
    hub.trouble("GET", "/pulls/7$", "secondary, long")
    with pytest.raises(Throttled):
        forge.pull(7)
    assert forge.requests == 1


def test_posting_waits_for_a_limit(hub, forge):
    hub.trouble("POST", "/comments$", "secondary", times=2)
    assert forge.create_comment(7, "hello").body == "hello"
    assert len(hub.state.comments) == 1


@pytest.mark.parametrize("kind", ["502", "cut", "done, then cut"])
def test_posting_is_never_repeated_blindly(hub, forge, kind):
    hub.trouble("POST", "/comments$", kind)
    with pytest.raises(Unreachable):
        forge.create_comment(7, "hello")
    assert len(hub.counted("POST", "/comments$")) == 1


@pytest.mark.parametrize("kind", ["nonsense", "no json"])
def test_an_answer_that_makes_no_sense_is_no_traceback(hub, forge, kind):
    hub.trouble("GET", "/pulls/7$", kind)
    with pytest.raises(Unreachable):
        forge.pull(7)


def test_a_missing_permission_is_named(hub, forge):
    hub.scopes.discard("issues")
    with pytest.raises(Forbidden) as caught:
        forge.create_comment(7, "hello")
    assert caught.value.permission == "issues: write"


def test_a_token_that_has_expired_is_said(hub):
    with pytest.raises(Forbidden, match="does not accept the token"):
        GitHub("o/r", "ghs_other", api=hub.url, pace=QUICK).pull(7)


def test_a_review_is_read_back(hub, forge):
    hub.swallow = "gone"
    remarks = [Remark("app.py", "stays", line=3, start_line=2), Remark("app.py", "gone", line=21)]
    review = forge.create_review(7, commit=HEAD, body="hello", remarks=remarks)
    assert [(one.body, one.start_line, one.line) for one in review.comments] == [("stays", 2, 3)]
    assert hub.state.reviews[0]["body"] == "hello"


def test_one_wrong_remark_refuses_the_review(hub, forge):
    with pytest.raises(Refused, match="part of the diff"):
        forge.create_review(
            7, commit=HEAD, body="x", remarks=[Remark("app.py", "x", line=3), Remark("app.py", "y", line=9)]
        )
    assert not hub.state.review_comments


def test_a_file_gets_a_remark(hub, forge):
    assert forge.create_remark(7, commit=HEAD, remark=Remark("app.py", "x")).line is None
    assert hub.counted("POST", "/comments$")[0].body["subject_type"] == "file"


def test_comments_are_edited_answered_and_taken_back(hub, forge):
    said = forge.create_comment(7, "one")
    assert forge.update_comment(said.id, "two").body == "two"
    assert forge.react(said.id, "eyes").login == hub.me
    forge.delete_comment(said.id)
    forge.delete_comment(said.id)  # gone already
    remark = forge.create_remark(7, commit=HEAD, remark=Remark("app.py", "x"))
    assert forge.reply(7, remark.id, "answer").reply_to == remark.id
    forge.react(remark.id, "+1", talk="review")
    assert forge.update_comment(remark.id, "y", talk="review").body == "y"
    forge.delete_comment(remark.id, talk="review")
    assert not hub.state.comments
    assert [content for _, content in hub.state.reactions] == ["eyes", "+1"]


def test_resolved_threads_are_known_page_by_page(hub, forge):
    hub.state.review_comments = [hub.comment(f"c{n}", path="app.py", line=1) for n in range(130)]
    wanted = hub.state.review_comments[120]["id"]
    hub.state.resolved.add(wanted)
    threads = forge.threads(7)
    assert len(threads) == 130
    assert [one.comments for one in threads if one.resolved] == [(wanted,)]


@pytest.mark.parametrize("viewer", [True, False])
def test_our_name_is_asked_for_or_unknown(hub, forge, viewer):
    hub.viewer = viewer
    assert forge.identity() == (hub.me if viewer else None)


@pytest.mark.parametrize("kind", ["502", "cut", "no json", "secondary, long"])
def test_no_answer_does_not_mean_that_we_have_no_name(hub, forge, kind):
    hub.trouble("POST", "/graphql$", kind, times=99)
    with pytest.raises((Unreachable, Throttled)):
        forge.identity()


def test_annotations_go_out_in_batches(hub, forge):
    notes = [Annotation("app.py", n, n, "failure", "m") for n in range(1, 121)]
    check = forge.create_check(
        name="dspy-ci", commit=HEAD, conclusion="neutral", title="t", summary="s", annotations=notes
    )
    assert check.annotations == 120
    assert len(hub.state.checks[0]["output"]["annotations"]) == 120
    assert len(hub.counted("PATCH", "/check-runs/")) == 2


def test_a_commit_is_made_without_a_checkout(hub, forge):
    hub.state.branches["topic/a"] = HEAD
    hub.state.commits[HEAD] = {"sha": HEAD, "tree": {"sha": "t" * 40}}
    hub.state.trees["t" * 40] = [{"path": "run.sh", "mode": "100755", "type": "blob", "sha": "b" * 40}]
    made = forge.push(
        branch="topic/a", parent=HEAD, message="Mend", files={"run.sh": b"\xff\n", "old.py": None},
        author=Person("Ann", "ann@example.com"),
    )  # fmt: skip
    assert hub.state.branches["topic/a"] == made.sha
    tree = hub.state.trees[hub.state.commits[made.sha]["tree"]["sha"]]
    assert {"path": "old.py", "mode": "100644", "type": "blob", "sha": None} in tree
    assert next(one for one in tree[1:] if one["path"] == "run.sh")["mode"] == "100755"
    assert b"\xff\n" in hub.state.blobs.values()


def test_nothing_is_pushed_over_another_commit(hub, forge):
    hub.state.branches["topic"] = BASE
    hub.state.commits[HEAD] = {"sha": HEAD, "tree": {"sha": "t" * 40}}
    hub.state.trees["t" * 40] = []
    with pytest.raises(Refused):
        forge.push(branch="topic", parent=HEAD, message="Mend", files={"a.py": b""})
    assert hub.state.branches["topic"] == BASE


@pytest.mark.parametrize(("path", "mode"), [("link", "120000"), ("sub", "160000"), ("link/x.py", "120000")])
def test_nothing_is_pushed_through_a_symlink(hub, forge, path, mode):
    hub.state.commits[HEAD] = {"sha": HEAD, "tree": {"sha": "t" * 40}}
    hub.state.trees["t" * 40] = [{"path": path.split("/")[0], "mode": mode, "type": "blob", "sha": "b" * 40}]
    with pytest.raises(Refused):
        forge.push(branch="topic", parent=HEAD, message="Mend", files={path: b"x"})
    assert not hub.state.blobs


def test_branches_pulls_and_reruns(hub, forge):
    assert forge.branch("new") is None
    forge.create_branch("new", HEAD)
    assert forge.branch("new") == HEAD
    with pytest.raises(Refused):
        forge.create_branch("new", HEAD)
    assert forge.open_pull(title="t", body="b", head="new", base="main", draft=True).draft
    forge.rerun_failed(3)
    assert hub.state.rerun == [3]


@pytest.mark.slow
def test_our_graphql_queries_fit_githubs_schema(tmp_path_factory):
    graphql = pytest.importorskip("graphql")
    folder = tmp_path_factory.getbasetemp().parent / "dspy-ci-npm"
    path = npmpack.fetched("@octokit/graphql-schema@15", folder, "schema.graphql")
    schema = graphql.build_schema(path.read_text(encoding="utf-8"), assume_valid=True)
    for query in (talks._VIEWER, talks._THREADS):
        assert graphql.validate(schema, graphql.parse(query)) == []
    assert graphql.validate(schema, graphql.parse("query { viewer { secret } }"))

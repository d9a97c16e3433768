import pytest
from bundles import bundle, proposal

from dspy_ci.commands.publisher import outputs
from dspy_ci.deliveries.publishing import Published


@pytest.fixture
def best():
    return proposal("--- a/app.py\n+++ b/app.py\n@@ -1 +1 @@\n-x = 1\n+x = 2\n")


def test_the_patch_that_is_handed_on_is_the_one_that_was_checked(best, tmp_path):
    (tmp_path / f"{best.id}.patch").write_text("--- a/.git/config\n+++ b/.git/config\n")
    said = outputs(Published(bundle(patches=(best,)), (), ""), tmp_path)
    assert said["patch-path"] == str(tmp_path / f"{best.id}.patch")
    assert (tmp_path / f"{best.id}.patch").read_text() == best.diff


def test_a_link_that_lies_there_is_not_followed(best, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_text("precious\n")
    (tmp_path / f"{best.id}.patch").symlink_to(elsewhere)
    outputs(Published(bundle(patches=(best,)), (), ""), tmp_path)
    assert elsewhere.read_text() == "precious\n"


def test_without_a_verified_patch_there_is_no_path(tmp_path):
    assert not outputs(Published(bundle(), (), ""), tmp_path)["patch-path"]

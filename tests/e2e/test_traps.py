"""Tiny projects for which the only right answer is no patch: whatever would turn them green would be a lie."""

import pytest
from wards import OTHERS, WARDS, admitted, mended

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("name", OTHERS)
def test_no_patch_is_offered(name, tmp_path, git, write, dspy_ci):
    patient, root = WARDS[name], tmp_path / "project"
    python = admitted(patient, root, git, write)
    _, verified = mended(patient, root, python, dspy_ci)
    assert not verified

from names import initials, slug


def test_initials():
    assert initials("ada lovelace") == "AL"


def test_slug_has_dashes():
    assert slug("A Red Build") == "a-red-build"


def test_slug_with_other_separator():
    assert slug("A Red Build", "/") == "a/red/build"


def test_initials_with_dashes():
    assert initials("jean luc", "-") == "J-L"

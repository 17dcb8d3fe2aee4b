"""The page of what people feed it is the tests' own."""

from tests.support.robustness import PAGE, page


def test_the_page_says_what_the_tests_run():
    assert PAGE.read_text(encoding="utf-8") == page(), "run `make robustness`"

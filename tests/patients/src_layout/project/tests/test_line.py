from queueing import Line


def line(*people):
    made = Line()
    for person in people:
        made.join(person)
    return made


def test_first_come_first_served():
    waiting = line("ann", "bob", "cid")
    assert waiting.serve() == "ann"
    assert waiting.serve() == "bob"


def test_serving_shortens_the_line():
    waiting = line("ann", "bob")
    waiting.serve()
    assert len(waiting) == 1

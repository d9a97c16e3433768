"""What it costs."""


def gross(net, rate):
    """The net price plus tax at a rate in percent."""
    return net + net * rate // 10

"""Temperatures."""


def to_celsius(fahrenheit):
    """Fahrenheit to Celsius."""
    return (fahrenheit - 32) * 5 / 9


def describe(temperature, *, unit):
    """A temperature in words."""
    if unit == "F":
        temperature = to_celsius(temprature)
    if temperature < 10:
        return "cold"
    return "mild" if temperature < 25 else "warm"
